"""An agent that speaks the Agent Client Protocol as badly as real ones do: odd.py LESSON

Each lesson is something that a real agent was seen to do. Run by `python3`, with nothing but its standard library.
"""

import json
import os
import subprocess
import sys
import time

lesson = sys.argv[1]
greet = os.path.join(os.getcwd(), "greet.py")


def send(message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def hear():
    line = sys.stdin.readline()
    if not line:
        if lesson == "stays":
            while True:
                time.sleep(1000)
        sys.exit(0)
    return json.loads(line)


asked = -1


def ask(method, params):
    """Asks the client, with ids from zero up, and waits for the answer."""
    global asked
    asked += 1
    send({"id": asked, "method": method, "params": params})
    while True:
        message = hear()
        if "method" not in message and message.get("id") == asked:
            return message


def tell(update):
    send({"method": "session/update", "params": {"sessionId": "s", "update": update}})


def say(text):
    tell({"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": text}})


def mend():
    with open(greet) as file:
        text = file.read()
    with open(greet, "w") as file:
        file.write(text.replace("Helo", "Hello"))


ALWAYS_FIRST = [
    {"optionId": "77", "name": "Always", "kind": "allow_always"},
    {"optionId": "x", "name": "Never", "kind": "reject_once"},
    {"optionId": "yes", "name": "Once", "kind": "allow_once"},
]


def edit_if_permitted():
    call = {"toolCallId": "e", "title": "Edit greet.py", "kind": "edit"}
    told = ask("session/request_permission", {"sessionId": "s", "toolCall": call, "options": ALWAYS_FIRST})
    outcome = told["result"]["outcome"]
    say("The answer was " + outcome.get("optionId", outcome["outcome"]) + ".")
    if outcome.get("optionId") == "yes":
        mend()


def turn(prompt):
    """What the agent does with the prompt; gives the result, or nothing to never answer."""
    if lesson == "exits-well-after-401":
        say("API Error: 401 Unauthorized")
        return {"stopReason": "end_turn"}
    if lesson == "refuses":
        return None
    if lesson == "permission":
        edit_if_permitted()
    if lesson == "writes-through-us":
        text = ask("fs/read_text_file", {"sessionId": "s", "path": greet})["result"]["content"]
        ask("fs/write_text_file", {"sessionId": "s", "path": greet, "content": text.replace("Helo", "Hello")})
        outside = ask("fs/write_text_file", {"sessionId": "s", "path": "/etc/odd", "content": "x"})
        unknown = ask("_odd/extension", {})
        say("Outside: %s. Unknown: %s." % ("error" in outside, unknown["error"]["code"]))
    if lesson == "terminal":
        made = ask("terminal/create", {"sessionId": "s", "command": "sed", "args": ["-i", "s/Helo/Hello/", "greet.py"]})
        id = made["result"]["terminalId"]
        over = ask("terminal/wait_for_exit", {"sessionId": "s", "terminalId": id})
        ask("terminal/release", {"sessionId": "s", "terminalId": id})
        say("It exited with %s." % over["result"]["exitCode"])
    if lesson == "late":
        announced = {"sessionUpdate": "tool_call", "toolCallId": "1", "title": "Mend", "kind": "edit", "rawInput": {"a": 1}}
        tell(announced)
        tell(announced)
        mend()
        print("a banner in the middle", flush=True)
    if lesson == "crashes":
        mend()
        print("out of memory", file=sys.stderr, flush=True)
        sys.exit(7)
    if lesson == "stays":
        child = subprocess.Popen(["sleep", "1000"])
        say("Left %d running." % child.pid)
        mend()
    if lesson == "silent":
        say("I begin.")
        while hear().get("method") != "session/cancel":
            pass
        say("I stop.")
        return {"stopReason": "cancelled"}
    return {"stopReason": "end_turn", "usage": {"inputTokens": "many"}}


def new_session(params):
    served = ",".join(server["url"].rsplit("/", 1)[1] for server in params["mcpServers"])
    modes = {"currentModeId": "ask", "availableModes": [{"id": "ask", "name": "Ask"}, {"id": "code", "name": "Code"}]}
    models = {"currentModelId": "small", "availableModels": [{"modelId": "small"}, {"modelId": "default"}]}
    return {"sessionId": "s", "modes": modes, "models": models, "served": served}


signed_in = False
chosen = []
loaded = False
while True:
    message = hear()
    method, params = message.get("method"), message.get("params", {})
    if method == "initialize":
        if lesson == "never-answers":
            continue
        capabilities = {"loadSession": True, "mcpCapabilities": {"http": True}, "promptCapabilities": None}
        result = {"protocolVersion": 1, "agentCapabilities": capabilities, "authMethods": [{"id": "oauth"}, {"id": "odd-api-key"}]}
    elif method == "authenticate":
        signed_in = params["methodId"] == "odd-api-key"
        result = {}
    elif method == "session/new":
        if lesson == "wants-a-key" and not signed_in:
            send({"id": message["id"], "error": {"code": -32000, "message": "Authentication required"}})
            continue
        result = new_session(params)
    elif method == "session/load":
        say("This was told before.")
        loaded = True
        result = None
    elif method in ("session/set_mode", "session/set_model"):
        chosen.append(params.get("modeId") or params.get("modelId"))
        result = {}
    elif method == "session/prompt":
        result = turn(params["prompt"][0]["text"])
        if result is None:
            error = {"code": -31002, "message": "Internal error", "data": {"details": "no such model"}}
            send({"id": message["id"], "error": error})
            continue
        if lesson == "sessions":
            say("Chose %s; %s." % (" and ".join(chosen), "went on" if loaded else "began"))
            mend()
        if lesson == "wants-a-key":
            say("Signed in: %s." % signed_in)
    else:
        continue
    send({"id": message["id"], "result": result})
    if method == "session/prompt" and lesson == "late":
        tell({"sessionUpdate": "tool_call_update", "toolCallId": "1", "status": "completed"})
        tell({"sessionUpdate": "tool_call_update", "toolCallId": "never-announced", "status": "failed", "title": "Odd"})
        say("")
        say("Done, a little late.")
