//! `/api/v1`: a subset of Gitea's API with its paths, fields and status codes, so that existing clients work.
//!
//! - [`caller`] finds who calls, [`entered`] the repository of a path, [`body`] reads JSON, [`listed`] pages, [`refusal`] answers errors.
//! - The JSON of answers is [`crate::forge::embedded::wire`]; the other files hold handlers, one file a part of the paths.
//!
//! An unknown field of a body is ignored, a wrong one is 422. What Gitea has and we have not is left out of answers where
//! clients allow it, and said plainly where they do not.

pub mod body;
pub mod caller;
pub mod entered;
pub mod listed;
pub mod refusal;

mod people;

mod repos;

mod branches;
mod commits;
mod contents;
mod trees;

mod comments;
mod issues;
mod labels;
mod milestones;

mod pulls;
mod reviewers;
mod reviews;

mod statuses;

mod hooks;

mod mirrors;

mod subscriptions;

mod bots;
mod collaborators;
mod teams;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use axum::routing::patch;
use axum::routing::post;

use crate::engine::Engine;

/// The most bytes of a body: a file in base64 with room to spare.
const MOST_BODY: usize = 64 * 1024 * 1024;

/// The table of contents.
pub fn router() -> Router<Arc<Engine>> {
    Router::new()
        .merge(site())
        .nest("/repos/{owner}/{repo}", repo())
        .fallback(refusal::unknown)
        .layer(DefaultBodyLimit::max(MOST_BODY))
}

fn site() -> Router<Arc<Engine>> {
    Router::new()
        .route("/version", get(people::version))
        .route("/user", get(people::myself))
        .route("/users/{user}", get(people::user))
        .route("/orgs", get(people::organisations).post(people::create_organisation))
        .route("/orgs/{org}", get(people::organisation))
        .route("/orgs/{org}/repos", get(repos::of_organisation).post(repos::create_in_organisation))
        .route("/orgs/{org}/teams", get(teams::list).post(teams::create))
        .route("/orgs/{org}/teams/search", get(teams::search))
        .route("/user/subscriptions", get(subscriptions::mine))
        .route("/user/teams", get(teams::mine))
        .route("/teams/{id}", get(teams::get).patch(teams::change).delete(teams::delete))
        .route("/teams/{id}/members", get(teams::members))
        .route("/teams/{id}/members/{username}", get(teams::member).put(teams::add_member).delete(teams::remove_member))
        .route("/teams/{id}/repos", get(teams::repos))
        .route("/teams/{id}/repos/{org}/{repo}", get(teams::repo).put(teams::add_repo).delete(teams::remove_repo))
        .route("/orgs/{org}/bots", get(bots::list).post(bots::create))
        .route("/orgs/{org}/bots/{bot}", axum::routing::delete(bots::retire))
        .route("/orgs/{org}/bots/{bot}/tokens", get(bots::tokens).post(bots::issue))
        .route("/orgs/{org}/bots/{bot}/tokens/{id}", axum::routing::delete(bots::revoke))
        .route("/orgs/{org}/hooks", get(hooks::list).post(hooks::create))
        .route("/orgs/{org}/hooks/{id}", get(hooks::get).patch(hooks::change).delete(hooks::delete))
        .route("/admin/hooks", get(hooks::list).post(hooks::create))
        .route("/admin/hooks/{id}", get(hooks::get).patch(hooks::change).delete(hooks::delete))
        .route("/admin/bots", get(bots::list).post(bots::create))
        .route("/admin/bots/{bot}", axum::routing::delete(bots::retire))
        .route("/admin/bots/{bot}/tokens", get(bots::tokens).post(bots::issue))
        .route("/admin/bots/{bot}/tokens/{id}", axum::routing::delete(bots::revoke))
        .route("/users/{user}/repos", get(repos::of_user))
        .route("/user/repos", get(repos::mine).post(repos::create))
        .route("/repos/search", get(repos::search))
        .route("/repos/migrate", post(mirrors::migrate))
}

fn repo() -> Router<Arc<Engine>> {
    Router::new()
        .route("/", get(repos::get).patch(repos::change))
        .route("/forks", get(repos::forks).post(repos::fork))
        .route("/subscription", get(subscriptions::get).put(subscriptions::watch).delete(subscriptions::unwatch))
        .route("/mirror-sync", post(mirrors::sync))
        .route("/convert", post(mirrors::convert))
        .route("/branches", get(branches::list).post(branches::create))
        .route("/branches/{*branch}", get(branches::get).delete(branches::delete))
        .route("/branch_protections", get(branches::protections).post(branches::protect))
        .route("/branch_protections/{*branch}", get(branches::protection).delete(branches::unprotect))
        .route("/commits", get(commits::list))
        .route("/commits/{reference}/status", get(statuses::combined))
        .route("/commits/{reference}/statuses", get(statuses::list))
        .route("/git/commits/{sha}", get(commits::get))
        .route("/git/trees/{sha}", get(trees::tree))
        .route("/raw/{*path}", get(contents::raw))
        .route("/contents", get(contents::root))
        .route(
            "/contents/{*path}",
            get(contents::get).post(contents::create).put(contents::update).delete(contents::delete),
        )
        .merge(talk())
        .route("/pulls", get(pulls::list).post(pulls::create))
        .route("/pulls/{index}", get(pulls::get).patch(pulls::change))
        .route("/pulls/{index}/files", get(pulls::files))
        .route("/pulls/{index}/commits", get(pulls::commits))
        .route("/pulls/{index}/merge", get(pulls::is_merged).post(pulls::merge))
        .route("/pulls/{index}/requested_reviewers", post(reviewers::ask).delete(reviewers::ask_no_more))
        .route("/pulls/{index}/reviews", get(reviews::list).post(reviews::create))
        .route("/pulls/{index}/reviews/{id}", get(reviews::get).post(reviews::submit).delete(reviews::delete))
        .route("/pulls/{index}/reviews/{id}/comments", get(reviews::lines).post(reviews::add_line))
        .route("/pulls/{index}/reviews/{id}/comments/{comment}", get(reviews::line).delete(reviews::delete_line))
        .route("/pulls/{index}/reviews/{id}/dismissals", post(reviews::dismiss))
        .route("/pulls/{index}/reviews/{id}/undismissals", post(reviews::undismiss))
        .route("/statuses/{sha}", get(statuses::list).post(statuses::create))
        .route("/hooks", get(hooks::list).post(hooks::create))
        .route("/hooks/{id}", get(hooks::get).patch(hooks::change).delete(hooks::delete))
        .route("/hooks/{id}/tests", post(hooks::test))
        .route("/teams", get(teams::of_repo))
        .route("/collaborators", get(collaborators::list))
        .route(
            "/collaborators/{collaborator}",
            get(collaborators::is_one).put(collaborators::add).delete(collaborators::remove),
        )
        .route("/collaborators/{collaborator}/permission", get(collaborators::permission))
}

fn talk() -> Router<Arc<Engine>> {
    Router::new()
        .route("/issues", get(issues::list).post(issues::create))
        .route("/issue_templates", get(issues::templates))
        .route("/issues/{index}", get(issues::get).patch(issues::change))
        .route("/issues/{index}/comments", get(comments::list).post(comments::create))
        .route("/issues/comments", get(comments::everywhere))
        .route("/issues/comments/{id}", patch(comments::change).get(comments::get))
        .route(
            "/issues/{index}/labels",
            get(labels::on).post(labels::put_on).put(labels::replace).delete(labels::clear),
        )
        .route("/issues/{index}/labels/{id}", axum::routing::delete(labels::take_off))
        .route("/labels", get(labels::list).post(labels::create))
        .route("/labels/{id}", get(labels::get).patch(labels::change).delete(labels::delete))
        .route("/milestones", get(milestones::list).post(milestones::create))
        .route("/milestones/{id}", get(milestones::get).patch(milestones::change).delete(milestones::delete))
}
