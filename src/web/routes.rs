//! The table of contents: which address leads to which page, grouped by what it is about.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::routing::get;
use axum::routing::post;

use crate::engine::Engine;
use crate::kit::Error;
use crate::web::assets;
use crate::web::errors::Failed;
use crate::web::headers;
use crate::web::pages;
use crate::web::visitor;

/// The most that one form may hold.
const LARGEST_FORM: usize = 2 * 1024 * 1024;

/// Every page, with its front door around it.
pub fn router(engine: &Arc<Engine>) -> Router {
    let pages = Router::new()
        .merge(people())
        .merge(brains())
        .merge(decisions())
        .merge(administration())
        .merge(code())
        .merge(conversations())
        .merge(agents())
        .fallback(nowhere)
        .layer(middleware::from_fn_with_state(Arc::clone(engine), visitor::receive))
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .with_state(Arc::clone(engine));
    let files =
        Router::new().route("/static/{tag}/{name}", get(assets::serve)).route("/favicon.ico", get(assets::favicon));
    pages.merge(files).layer(middleware::from_fn(headers::add))
}

type Routes = Router<Arc<Engine>>;

/// Signing in, what waits, what belongs to oneself.
fn people() -> Routes {
    Router::new()
        .route("/", get(pages::dashboard::page))
        .route("/search", get(pages::search::page))
        .route("/login", get(pages::login::form).post(pages::login::enter))
        .route("/logout", post(pages::login::leave))
        .route("/setup", get(pages::setup::form).post(pages::setup::take))
        .route("/user/theme", post(pages::theme::choose))
        .route("/user/tokens", get(pages::tokens::page).post(pages::tokens::issue))
        .route("/user/tokens/{id}/revoke", post(pages::tokens::revoke))
        .route("/new", post(pages::owner::create))
        .route("/new/import", get(pages::import::form).post(pages::import::begin))
        .route("/new/member", post(pages::owner::membership))
        .route("/new/organisation", post(pages::owner::create_organisation))
        .route("/users/{owner}/bots", get(pages::bots::page).post(pages::bots::change))
        .route("/users/{owner}/teams", post(pages::team::create))
        .route("/users/{owner}/teams/{number}", get(pages::team::page).post(pages::team::change))
        .route("/{owner}", get(pages::owner::page))
}

/// What an organisation knows.
fn brains() -> Routes {
    Router::new()
        .route("/{owner}/brain", get(pages::brain::page).post(pages::brain::found))
        .route("/{owner}/brain/search", get(pages::brain_search::page))
        .route("/{owner}/brain/records/{id}", get(pages::brain_record::page))
        .route("/{owner}/brain/import", get(pages::brain_import::form).post(pages::brain_import::import))
        .route("/{owner}/brain/health", get(pages::brain_health::page))
        .route("/{owner}/{repo}/memory", get(pages::related::page))
        .route("/{owner}/brain/ontology", get(pages::brain_ontology::page))
        .route("/{owner}/brain/updates", get(pages::brain_updates::list))
        .route("/{owner}/brain/updates/{number}", get(pages::brain_updates::one))
        .route("/{owner}/brain/compare/{*spec}", get(pages::brain_updates::compare))
}

/// What agents ask people, and their runs.
fn decisions() -> Routes {
    Router::new()
        .route("/inbox", get(pages::inbox::page).post(pages::inbox::act))
        .route("/inbox/{repo}/{number}", get(pages::inbox::open))
        .route("/approvals", get(pages::approvals::list))
        .route("/approvals/{id}", get(pages::approval::page))
        .route("/approvals/{id}/decision", post(pages::approval::decide))
        .route("/runs/{id}", get(pages::run::page))
        .route("/runs/{id}/stream", get(pages::stream::rows))
        .route("/runs/{id}/cancel", post(pages::steer::cancel))
        .route("/runs/{id}/retry", post(pages::steer::retry))
        .route("/runs/{id}/resume", post(pages::steer::resume))
        .route("/runs/{id}/fork", post(pages::steer::fork))
        .route("/runs/{id}/answer", post(pages::steer::answer))
        .route("/runs/{id}/events.jsonl", get(pages::raw_transcript::download))
        .route("/runs/{id}/context", get(pages::run_context::page))
        .route("/runs/{id}/egress", get(pages::run_egress::page))
        .route("/runs/{id}/work/{attempt}", get(pages::work::page))
        .route("/runs/{id}/workspace/{attempt}/{verb}", post(pages::steer::workspace))
}

/// The whole server.
fn administration() -> Routes {
    Router::new()
        .route("/admin", get(pages::admin::health))
        .route("/admin/people", get(pages::admin::people).post(pages::admin::add_person))
        .route("/admin/bots", get(pages::bots::page).post(pages::bots::change))
        .route("/admin/hooks", get(pages::hooks::list).post(pages::hooks::create))
        .route("/admin/hooks/{id}", get(pages::hooks::page).post(pages::hooks::save))
        .route("/admin/hooks/{id}/delete", get(pages::hooks::ask_to_delete).post(pages::hooks::delete))
        .route("/admin/hooks/{id}/deliveries/{delivery}", get(pages::hook_delivery::page))
        .route("/admin/hooks/{id}/deliveries/{delivery}/again", post(pages::hook_delivery::redeliver))
        .route("/admin/tokens", get(pages::admin::tokens))
        .route("/admin/tokens/{id}/revoke", post(pages::admin::revoke_token))
        .route("/admin/models", get(pages::admin::models).post(pages::models::add))
        .route("/admin/models/new", get(pages::models::new))
        .route("/admin/models/{id}", get(pages::models::page).post(pages::models::change))
        .route("/admin/models/{id}/key", post(pages::models::key))
        .route("/admin/models/{id}/remove", get(pages::models::ask).post(pages::models::remove))
        .route("/admin/runners", get(pages::admin::runners))
        .route("/admin/audit", get(pages::admin::audit))
}

/// A repository's files and history.
fn code() -> Routes {
    Router::new()
        .route("/{owner}/{repo}", get(pages::code::root))
        .route("/{owner}/{repo}/src", get(pages::code::named))
        .route("/{owner}/{repo}/src/{ref}", get(pages::code::source))
        .route("/{owner}/{repo}/src/{ref}/{*path}", get(pages::code::source))
        .route("/{owner}/{repo}/raw/{ref}/{*path}", get(pages::blob::raw))
        .route("/{owner}/{repo}/commits/{ref}", get(pages::commits::list))
        .route("/{owner}/{repo}/commits/{ref}/{*path}", get(pages::commits::list))
        .route("/{owner}/{repo}/commit/{sha}", get(pages::commit::page))
        .route("/{owner}/{repo}/blame/{ref}/{*path}", get(pages::blame::page))
        .route("/{owner}/{repo}/forks", get(pages::fork::list).post(pages::fork::make))
        .route("/{owner}/{repo}/compare", get(pages::compare::choose))
        .route("/{owner}/{repo}/compare/{*spec}", get(pages::compare::page))
        .route("/{owner}/{repo}/search", get(pages::find::page))
        .route("/{owner}/{repo}/archive/{*name}", get(pages::archive::download))
        .route("/{owner}/{repo}/atom/commits/{*ref}", get(pages::feed::commits))
        .route("/{owner}/{repo}/atom/tags", get(pages::feed::tags))
        .route("/{owner}/{repo}/atom/runs", get(pages::feed::runs))
}

/// A repository's issues and pull requests.
fn conversations() -> Routes {
    Router::new()
        .route("/{owner}/{repo}/issues", get(pages::issues::list))
        .route("/{owner}/{repo}/issues/new", get(pages::issue_new::form).post(pages::issue_new::open))
        .route("/{owner}/{repo}/issues/{number}", get(pages::issue::page))
        .route("/{owner}/{repo}/issues/{number}/comments", post(pages::converse::comment))
        .route("/{owner}/{repo}/issues/{number}/edit", get(pages::edit::opening).post(pages::edit::save_opening))
        .route("/{owner}/{repo}/issues/{number}/tick", post(pages::edit::tick_opening))
        .route("/{owner}/{repo}/issues/{number}/history", get(pages::history::of_opening))
        .route(
            "/{owner}/{repo}/issues/{number}/comments/{id}/edit",
            get(pages::edit::comment).post(pages::edit::save_comment),
        )
        .route("/{owner}/{repo}/issues/{number}/comments/{id}/tick", post(pages::edit::tick_comment))
        .route("/{owner}/{repo}/issues/{number}/comments/{id}/history", get(pages::history::of_comment))
        .route("/{owner}/{repo}/issues/{number}/labels", post(pages::converse::label))
        .route("/{owner}/{repo}/issues/{number}/assignees", post(pages::converse::assign))
        .route("/{owner}/{repo}/issues/{number}/milestone", post(pages::converse::milestone))
        .route("/{owner}/{repo}/pulls/{number}/assignees", post(pages::converse::assign))
        .route("/{owner}/{repo}/pulls/{number}/milestone", post(pages::converse::milestone))
        .route("/{owner}/{repo}/labels", get(pages::labels::list).post(pages::labels::create))
        .route("/{owner}/{repo}/labels/{id}/edit", get(pages::labels::form).post(pages::labels::save))
        .route("/{owner}/{repo}/labels/{id}/delete", get(pages::labels::ask).post(pages::labels::delete))
        .route("/{owner}/{repo}/milestones", get(pages::milestones::list).post(pages::milestones::create))
        .route("/{owner}/{repo}/milestones/{id}/edit", get(pages::milestones::form).post(pages::milestones::save))
        .route("/{owner}/{repo}/milestones/{id}/state", post(pages::milestones::state))
        .route("/{owner}/{repo}/milestones/{id}/delete", get(pages::milestones::ask).post(pages::milestones::delete))
        .route("/{owner}/{repo}/ticked", post(pages::ticked::change))
        .route("/{owner}/{repo}/views", post(pages::issues::keep_view))
        .route("/{owner}/{repo}/pulls", get(pages::pulls::list))
        .route("/{owner}/{repo}/pulls/new", get(pages::pull_new::form).post(pages::pull_new::open))
        .route("/{owner}/{repo}/pulls/{number}", get(pages::pull::conversation))
        .route("/{owner}/{repo}/pulls/{number}/commits", get(pages::pull::commits))
        .route("/{owner}/{repo}/pulls/{number}/files", get(pages::pull::files))
        .route("/{owner}/{repo}/pulls/{number}/checks", get(pages::pull::checks))
        .route("/{owner}/{repo}/pulls/{number}/comments", post(pages::converse::comment))
        .route("/{owner}/{repo}/pulls/{number}/labels", post(pages::converse::label))
        .route("/{owner}/{repo}/pulls/{number}/merge", get(pages::pull::merge_box).post(pages::converse::merge))
        .route("/{owner}/{repo}/pulls/{number}/reviews", post(pages::review::write))
        .route(
            "/{owner}/{repo}/pulls/{number}/reviews/discard",
            get(pages::review::ask_to_discard).post(pages::review::discard),
        )
        .route("/{owner}/{repo}/pulls/{number}/lines/{id}/edit", get(pages::edit::line).post(pages::edit::save_line))
        .route("/{owner}/{repo}/pulls/{number}/lines/{id}/tick", post(pages::edit::tick_line))
        .route("/{owner}/{repo}/pulls/{number}/lines/{id}/history", get(pages::history::of_line))
        .route("/{owner}/{repo}/pulls/{number}/lines/{id}/drop", post(pages::review::drop_line))
        .route("/{owner}/{repo}/pulls/{number}/lines/{id}/resolve", post(pages::review::resolve))
        .route("/{owner}/{repo}/pulls/{number}/suggestions/{comment}", post(pages::review::take))
        .route("/{owner}/{repo}/pulls/{number}/reviewers", post(pages::reviewers::ask))
        .route("/{owner}/{repo}/watch", post(pages::reviewers::watch))
        .route("/{owner}/{repo}/pulls/{number}/draft", post(pages::converse::draft))
        .route("/{owner}/{repo}/pulls/{number}/update", post(pages::converse::update))
}

/// A repository's agents: runs, deliveries, settings.
fn agents() -> Routes {
    Router::new()
        .route("/{owner}/{repo}/runs", get(pages::runs::list))
        .route("/{owner}/{repo}/dispatch", post(pages::steer::dispatch))
        .route("/{owner}/{repo}/checks", post(pages::steer_check::commit))
        .route("/{owner}/{repo}/checks/{id}", get(pages::check::page))
        .route("/{owner}/{repo}/checks/{id}/raw", get(pages::check::raw))
        .route("/{owner}/{repo}/checks/{id}/stream", get(pages::check::stream))
        .route("/{owner}/{repo}/checks/{id}/{verb}", post(pages::steer_check::one))
        .route("/{owner}/{repo}/hooks", get(pages::deliveries::list))
        .route("/{owner}/{repo}/hooks/{id}", get(pages::delivery::page))
        .route("/{owner}/{repo}/hooks/{id}/replay", post(pages::delivery::replay))
        .route("/{owner}/{repo}/settings/hooks", get(pages::hooks::list).post(pages::hooks::create))
        .route("/{owner}/{repo}/settings/hooks/{id}", get(pages::hooks::page).post(pages::hooks::save))
        .route("/{owner}/{repo}/settings/hooks/{id}/test", post(pages::hooks::test))
        .route(
            "/{owner}/{repo}/settings/hooks/{id}/delete",
            get(pages::hooks::ask_to_delete).post(pages::hooks::delete),
        )
        .route("/{owner}/{repo}/settings/hooks/{id}/deliveries/{delivery}", get(pages::hook_delivery::page))
        .route("/{owner}/{repo}/settings/hooks/{id}/deliveries/{delivery}/again", post(pages::hook_delivery::redeliver))
        .route("/{owner}/{repo}/settings/secrets", get(pages::secrets::page).post(pages::secrets::set))
        .route("/{owner}/{repo}/settings/tools", get(pages::tool_pins::page))
        .route("/{owner}/{repo}/settings/tools/{id}", post(pages::tool_pins::decide))
        .route("/{owner}/{repo}/settings/secrets/grant", post(pages::secrets::grant))
        .route("/{owner}/{repo}/settings/secrets/{id}/revoke", post(pages::secrets::revoke))
        .route("/{owner}/{repo}/settings/secrets/{id}/remove", get(pages::secrets::ask).post(pages::secrets::remove))
        .route("/{owner}/-/usage", get(pages::usage::page))
        .route("/{owner}/-/hooks", get(pages::hooks::list).post(pages::hooks::create))
        .route("/{owner}/-/hooks/{id}", get(pages::hooks::page).post(pages::hooks::save))
        .route("/{owner}/-/hooks/{id}/delete", get(pages::hooks::ask_to_delete).post(pages::hooks::delete))
        .route("/{owner}/-/hooks/{id}/deliveries/{delivery}", get(pages::hook_delivery::page))
        .route("/{owner}/-/hooks/{id}/deliveries/{delivery}/again", post(pages::hook_delivery::redeliver))
        .route("/{owner}/-/secrets", get(pages::secrets::page).post(pages::secrets::set))
        .route("/{owner}/-/secrets/grant", post(pages::secrets::grant))
        .route("/{owner}/-/secrets/{id}/revoke", post(pages::secrets::revoke))
        .route("/{owner}/-/secrets/{id}/remove", get(pages::secrets::ask).post(pages::secrets::remove))
        .route(
            "/{owner}/{repo}/settings/repository",
            get(pages::settings_repository::page).post(pages::settings_repository::change),
        )
        .route("/{owner}/{repo}/settings/origin", get(pages::origin::page).post(pages::origin::steer))
        .route("/{owner}/{repo}/settings/people", post(pages::settings_repository::people))
        .route("/{owner}/{repo}/settings/branches", post(pages::settings_repository::branches))
        .route("/{owner}/{repo}/settings/agents", get(pages::settings::page))
        .route("/{owner}/{repo}/settings/agents/edit", get(pages::settings_file::form).post(pages::settings_file::save))
}

async fn nowhere() -> Response {
    Failed(Error::not_found("such page")).into_response()
}
