"""Plays the story with py-gitea: `story.py ADDRESS TOKEN REVIEWER_TOKEN`.

Where the package has no method of its own, its `requests_…` methods are used, as its users do.
"""

import base64
import sys

from gitea import Branch, Gitea, Issue, NotFoundException, Organization, Repository

address, token, reviewer_token = sys.argv[1:]
alice = Gitea(address, token)
bob = Gitea(address, reviewer_token)


def packed(text):
    return base64.b64encode(text.encode()).decode()


# An organisation with a repository.
assert alice.get_version().startswith("1.")
assert alice.get_user().username == "alice"
alice.requests_post("/orgs", {"username": "snakes", "full_name": "Snakes"})
snakes = Organization.request(alice, "snakes")
assert (snakes.name, snakes.full_name) == ("snakes", "Snakes")
assert "snakes" in [org.name for org in alice.get_orgs()]
made = snakes.create_repo("nest", description="Eggs", autoInit=True, default_branch="main")
assert made.get_full_name() == "snakes/nest"
assert [repo.name for repo in snakes.get_repositories()] == ["nest"]
nest = Repository.request(alice, "snakes", "nest")
nest.description = "Eggs and shells"
nest.commit()
assert Repository.request(alice, "snakes", "nest").description == "Eggs and shells"
alice.requests_put("/repos/snakes/nest/collaborators/bob", {"permission": "write"})
assert [user["login"] for user in alice.requests_get("/repos/snakes/nest/collaborators")] == ["bob"]
assert nest.get_user_permission("bob").permission == "write"

# Files and a branch.
nest.create_file("eggs.txt", packed("one\n"), {"message": "Lay an egg"})
main = [branch for branch in nest.get_branches() if branch.name == "main"][0]
assert isinstance(main, Branch)
assert nest.add_branch(main, "more").name == "more"
egg = [content for content in nest.get_git_content() if content.name == "eggs.txt"][0]
nest.change_file("eggs.txt", egg.sha, packed("one\ntwo\n"), {"branch": "more", "message": "Lay another"})
assert base64.b64decode(nest.get_file_content(egg)) == b"one\n"
commits = nest.get_commits(page_limit=1)
assert commits[0].inner_commit["message"].strip() == "Lay an egg"
head = [branch for branch in nest.get_branches() if branch.name == "more"][0].commit["id"]

# An issue with all that may hang on it.
soon = nest.create_milestone("Soon", "Before it is cold")
label = alice.requests_post("/repos/snakes/nest/labels", {"name": "bug", "color": "#00ff00"})
issue = nest.create_issue("One egg only", assignees=["bob"], description="There should be two")
assert (issue.number, issue.assignees[0].username, issue.state) == (1, "bob", Issue.OPENED)
alice.requests_post("/repos/snakes/nest/issues/1/labels", {"labels": [label["id"]]})
issue.title = "Only one egg"
issue.milestone = soon
issue.commit()
alice.requests_post("/repos/snakes/nest/issues/1/comments", {"body": "Indeed"})
read = [issue for issue in nest.get_issues() if issue.number == 1][0]
assert (read.title, read.milestone.title, read.labels[0]["name"]) == ("Only one egg", "Soon", "bug")
assert [comment.body for comment in read.get_comments()] == ["Indeed"]
assert Issue.request(alice, "snakes", "nest", "1").repository.name == "nest"

# A pull request, a review, a status, a merge.
pull = alice.requests_post("/repos/snakes/nest/pulls", {"title": "Another egg", "head": "more", "base": "main"})
at = f"/repos/snakes/nest/pulls/{pull['number']}"
assert pull["head"]["sha"] == head
assert alice.requests_get(f"{at}/files")[0]["filename"] == "eggs.txt"
line = {"path": "eggs.txt", "body": "Warm?", "new_position": 2}
review = bob.requests_post(f"{at}/reviews", {"event": "APPROVED", "body": "Good", "comments": [line]})
assert (review["state"], review["user"]["login"]) == ("APPROVED", "bob")
assert alice.requests_get(f"{at}/reviews/{review['id']}/comments")[0]["body"] == "Warm?"
status = {"state": "success", "context": "hatch", "description": "2 of 2"}
alice.requests_post(f"/repos/snakes/nest/statuses/{head}", status)
assert alice.requests_get(f"/repos/snakes/nest/commits/{head}/status")["state"] == "success"
alice.requests_post(f"{at}/merge", {"Do": "squash"})
assert alice.requests_get(at)["merged"] is True
assert [one.number for one in nest.get_issues_state(Issue.CLOSED)] == [pull["number"]]

# A hook.
hook = nest.create_gitea_hook("https://ci.example/hook", ["push", "pull_request"])
assert [one["id"] for one in nest.list_hooks()] == [hook["id"]]
nest.delete_hook(hook["id"])
assert not nest.list_hooks()

try:
    Repository.request(alice, "snakes", "pit")
except NotFoundException:
    print("the story is over")
