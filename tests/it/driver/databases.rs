//! A story on every database: SQLite always, PostgreSQL when the environment names a server.

use forgehand::config::Settings;
use forgehand::kit::secret::Secret;

use super::World;
use super::on_postgres;

/// Plays a story on each database.
pub async fn on_each(story: impl AsyncFn(World)) {
    on_each_with(|_| {}, story).await;
}

/// The same with settings that the story changes.
pub async fn on_each_with(change: impl Fn(&mut Settings), story: impl AsyncFn(World)) {
    story(World::begin_with(&change).await).await;
    on_postgres(|url| async {
        let world = World::begin_with(|settings| {
            change(settings);
            settings.database = Some(Secret::new(url));
        });
        story(world.await).await;
    })
    .await;
}
