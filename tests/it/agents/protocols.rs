//! Each protocol of models through the door: what reaches the model, what reaches the agent, and what is counted.

use forgehand::gateway::ports::EntryKind;
use forgehand::models::Protocol;
use serde_json::Value;
use serde_json::json;

use super::KEY;
use super::Setting;
use super::Stage;
use super::mock;
use super::model::Model;
use super::model::Says;
use super::model::text;

/// A stream of Responses: names of events, a comment, and lines that end in two ways.
const RESPONSES: &str = "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{}}\n\n: ping\n\n\
    event: response.output_text.delta\r\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"hi\"}\r\n\r\n\
    event: response.completed\ndata:{\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":1000,\
    \"input_tokens_details\":{\"cached_tokens\":400},\"output_tokens\":20}}}\n\n";

const MESSAGES: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":\
    {\"input_tokens\":600,\"cache_read_input_tokens\":400,\"output_tokens\":1}}}\n\nevent: ping\ndata: {\"type\": \"ping\"}\n\n\
    event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"hi\"}}\n\nevent: message_delta\n\
    data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":20}}\n\n\
    event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

const GEMINI: &str = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"h\"}]}}],\"usageMetadata\":{\"promptTokenCount\":1000}}\r\n\r\n\
    data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"i\"}]},\"finishReason\":\"STOP\"}],\"usageMetadata\":\
    {\"promptTokenCount\":1000,\"cachedContentTokenCount\":400,\"candidatesTokenCount\":15,\"thoughtsTokenCount\":5}}\r\n\r\n";

async fn stage(protocol: Protocol, says: Says) -> Stage {
    Stage::set(Model::that(vec![says]).await, Setting { protocol, ..Setting::default() }).await
}

/// Sends a request as an agent does that has a key and headers of its own, and gives the bytes that came back.
async fn ask(stage: &Stage, path: &str, body: &Value) -> (u16, String) {
    let request = reqwest::Client::new().post(format!("{}{path}", stage.address())).json(body);
    let request = request.bearer_auth("agents-own").header("x-api-key", "agents-own");
    let request = request.header("x-goog-api-key", "agents-own").header("cookie", "a=b");
    let request = request.header("anthropic-beta", "fine-2025-01-01").header("openai-organization", "org");
    let sent = request.send().await.unwrap();
    (sent.status().as_u16(), sent.text().await.unwrap())
}

#[tokio::test]
async fn each_protocol_passes_byte_for_byte_and_is_counted() {
    let message = json!([{"role": "user", "content": "hi"}]);
    let cases = [
        (Protocol::Openai, "/v1/responses", json!({"model": "x", "input": message, "stream": true}), RESPONSES),
        (
            Protocol::Anthropic,
            "/v1/messages",
            json!({"model": "x", "messages": message, "max_tokens": 9, "stream": true}),
            MESSAGES,
        ),
        (
            Protocol::Gemini,
            "/v1beta/models/x:streamGenerateContent?alt=sse",
            json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}),
            GEMINI,
        ),
    ];
    for (protocol, path, body, stream) in cases {
        let stage = stage(protocol, Says::Stream(stream)).await;
        assert_eq!(ask(&stage, path, &body).await, (200, stream.to_owned()), "{protocol}");

        let (address, headers) = stage.model.heads().remove(0);
        let address = address.trim_start_matches("/v1");
        let keys = ["authorization", "x-api-key", "x-goog-api-key"].map(|name| text(&headers, name));
        let bearer = format!("Bearer {KEY}");
        match protocol {
            Protocol::Openai | Protocol::Responses => {
                assert_eq!((address, keys), ("/responses", [bearer, String::new(), String::new()]))
            }
            Protocol::Anthropic => {
                assert_eq!((address, keys), ("/messages", [String::new(), KEY.to_owned(), String::new()]));
                assert_eq!(text(&headers, "anthropic-beta"), "fine-2025-01-01");
                assert_eq!(text(&headers, "anthropic-version"), "2023-06-01");
            }
            Protocol::Gemini => {
                let address_of_ours = "/models/the-model:streamGenerateContent?alt=sse";
                assert_eq!((address, keys), (address_of_ours, [String::new(), String::new(), KEY.to_owned()]));
            }
        }
        assert!(!format!("{headers:?}").contains("agents-own"), "{headers:?}");
        assert_eq!((text(&headers, "cookie"), text(&headers, "openai-organization")), Default::default());

        stage.settled().await;
        let detail = &stage.entries(EntryKind::ModelCall)[0].detail;
        let counted = ["tokens_in", "tokens_cached", "tokens_out"].map(|field| detail[field].as_u64().unwrap());
        assert_eq!((counted, &detail["estimated"]), ([1_000, 400, 20], &json!(false)), "{protocol}");
    }
}

#[tokio::test]
async fn an_agent_that_speaks_another_protocol_is_told_so_in_its_own_shape() {
    let stage = stage(Protocol::Anthropic, Says::Text("never")).await;
    let chat = json!({"messages": [{"role": "user", "content": "hi"}]});
    let (status, told) = stage.post("/v1/chat/completions", chat.to_string()).await;
    assert_eq!((status, &told["error"]["code"]), (400, &json!("protocol_mismatch")));
    assert_eq!(
        told["error"]["message"],
        "The agent calls OpenAI's Chat Completions, and the model profile `default` speaks the protocol `anthropic`; name a \
         profile of the protocol `openai` in the stack"
    );
    let (_, told) = stage.post("/v1beta/models/x:generateContent", "{}").await;
    assert_eq!(told["error"]["status"], "INVALID_ARGUMENT");
    assert_eq!(stage.entries(EntryKind::Problem).len(), 1, "whoever looks at the run is told once");
    assert!(stage.model.asked().is_empty());
}

#[tokio::test]
async fn agents_are_told_of_the_one_model() {
    let stage = stage(Protocol::Openai, Says::Text("never")).await;
    let get = async |path: &str| -> Value {
        let sent = reqwest::get(format!("{}{path}", stage.address())).await.unwrap();
        sent.json().await.unwrap()
    };
    assert_eq!(get("/v1/models").await["data"][0]["id"], "the-model");
    assert_eq!(get("/v1/models/vendor/whatever").await["id"], "the-model");
    assert_eq!(get("/v1beta/models").await["models"][0]["name"], "models/the-model");
    assert_eq!(get("/v1beta/models/gemini-x").await["name"], "models/the-model");
}

#[tokio::test]
async fn a_count_is_asked_for_and_costs_nothing() {
    let counted = Says::Whole("application/json", "{\"input_tokens\": 12, \"totalTokens\": 12}");
    let stage = stage(Protocol::Anthropic, counted.clone()).await;
    let body = json!({"messages": [{"role": "user", "content": "hi"}], "max_tokens": 5, "metadata": {}});
    let (status, told) = stage.post("/v1/messages/count_tokens", body.to_string()).await;
    assert_eq!((status, &told["input_tokens"]), (200, &json!(12)));
    assert_eq!(stage.model.asked()[0], json!({"messages": [{"role": "user", "content": "hi"}], "model": "the-model"}));
    assert_eq!(stage.open.spent().steps, 0);

    let stage = self::stage(Protocol::Gemini, counted).await;
    let contents = json!({"contents": [{"parts": [{"text": "hi"}]}]});
    let (status, told) = stage.post("/v1beta/models/x:countTokens", contents.to_string()).await;
    assert_eq!((status, &told["totalTokens"]), (200, &json!(12)));
    assert_eq!(stage.model.heads()[0].0, "/v1/models/the-model:countTokens");
}

#[tokio::test]
async fn a_server_that_echoes_the_key_does_not_hand_it_in() {
    let stream =
        "data: {\"choices\":[{\"delta\":{\"content\":\"sk-very-secret-key-of-the-server\"}}]}\n\ndata: [DONE]\n\n";
    let stage = stage(Protocol::Openai, Says::Stream(stream)).await;
    let body = json!({"messages": [{"role": "user", "content": "hi"}], "stream": true});
    let (status, told) = ask(&stage, "/v1/chat/completions", &body).await;
    assert_eq!((status, told), (200, stream.replace(KEY, "[the key]")));
}

#[tokio::test]
async fn a_stream_that_breaks_ends_as_each_protocol_says_it() {
    let half = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{}}\n\n";
    let stage = stage(Protocol::Anthropic, Says::Stream(half)).await;
    let body = json!({"messages": [{"role": "user", "content": "hi"}], "max_tokens": 9, "stream": true});
    let (_, told) = ask(&stage, "/v1/messages", &body).await;
    assert!(told.starts_with(half) && told.contains("\n\nevent: error\ndata: {\"type\":\"error\""), "{told}");
    let overloaded = "event: error\ndata: {\"type\":\"error\",\"error\":{\"message\":\"Overloaded\"}}\n\n";
    let stage = self::stage(Protocol::Anthropic, Says::Stream(overloaded)).await;
    let (_, told) = ask(&stage, "/v1/messages", &body).await;
    assert!(told.contains("The model failed in its answer: Overloaded"), "{told}");
}

#[tokio::test]
async fn a_wrong_key_of_gemini_is_known_by_its_words() {
    let body = r#"{"error": {"code": 400, "message": "API key not valid. Please pass a valid API key."}}"#;
    let stage = stage(Protocol::Gemini, Says::Status(400, body)).await;
    let contents = json!({"contents": [{"parts": [{"text": "hi"}]}]});
    let (status, _) = stage.post("/v1beta/models/x:generateContent", contents.to_string()).await;
    assert_eq!((status, stage.open.stop().unwrap().reason().as_str()), (403, "model_refused"));
}

#[tokio::test]
async fn an_independent_server_is_understood_in_all_its_protocols() {
    let Some(program) = mock::installed() else { return };
    let usage = json!({"input_tokens": 50, "prompt_tokens": 50, "promptTokenCount": 50, "output_tokens": 7,
        "completion_tokens": 7, "candidatesTokenCount": 7, "total_tokens": 57});
    let answer = json!({"content": "Hello there", "usage": usage});
    let call = json!({"toolCalls": [{"name": "look", "arguments": {"at": "x"}}], "usage": usage});
    let fixtures = json!({"fixtures": [
        {"match": {"toolName": "look"}, "response": call}, {"match": {}, "response": answer}]});
    let mock = mock::start_with(&program, &fixtures, &[]);
    let message = json!([{"role": "user", "content": "hi"}]);
    let contents = json!([{"role": "user", "parts": [{"text": "hi"}]}]);
    let schema = json!({"type": "object", "properties": {"at": {"type": "string"}}});
    let function = json!({"name": "look", "description": "Look", "parameters": schema});
    let cases = [
        (
            Protocol::Openai,
            "/v1",
            "/v1/chat/completions",
            json!({"messages": message}),
            json!([{"type": "function", "function": function}]),
        ),
        (
            Protocol::Openai,
            "/v1",
            "/v1/responses",
            json!({"input": message}),
            json!([{"type": "function", "name": "look", "parameters": schema}]),
        ),
        (
            Protocol::Anthropic,
            "",
            "/v1/messages",
            json!({"messages": message, "max_tokens": 100}),
            json!([{"name": "look", "input_schema": schema}]),
        ),
        (
            Protocol::Gemini,
            "",
            "/v1beta/models/m:",
            json!({"contents": contents}),
            json!([{"functionDeclarations": [function]}]),
        ),
    ];
    for (protocol, base, path, body, tools) in cases {
        for (streamed, with_tools) in [(false, false), (false, true), (true, false), (true, true)] {
            let model = Model::at(format!("{}{base}", mock.address));
            let stage = Stage::set(model, Setting { protocol, ..Setting::default() }).await;
            let (mut path, mut body) = (path.to_owned(), body.clone());
            match (protocol, streamed) {
                (Protocol::Gemini, true) => path.push_str("streamGenerateContent?alt=sse"),
                (Protocol::Gemini, false) => path.push_str("generateContent"),
                (_, streamed) => body["stream"] = json!(streamed),
            }
            if with_tools {
                body["tools"] = tools.clone();
            }
            let (status, told) = ask(&stage, &path, &body).await;
            let what = format!("{path} streamed {streamed} tools {with_tools}: {told}");
            assert_eq!(status, 200, "{what}");
            assert!(told.contains(if with_tools { "look" } else { "Hello" }), "{what}");
            stage.settled().await;
            let detail = &stage.entries(EntryKind::ModelCall)[0].detail;
            assert_eq!(detail["status"], "ok", "{what}");
            let counted = (&detail["tokens_in"], &detail["tokens_out"], &detail["estimated"]);
            assert_eq!(counted, (&json!(50), &json!(7), &json!(false)), "{what}");
        }
    }
}
