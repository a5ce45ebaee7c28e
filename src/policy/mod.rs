//! Verdicts: what happens to an effect that an agent proposes, and whether a stack may run at all. Pure.
//!
//! Who is who: [`judge`] gives an effect its verdict, the tightest of stack, repository and organisation, and says which
//! file and key said so, and who decides when it asks. [`review`] is the permission review at dispatch: what the stack
//! needs against what it was granted. [`digest`] names the policies that something was judged by. [`limits`] are the
//! tightest limits. [`is_sensitive`] knows the paths that configure agents or CI.
//!
//! Restrictions only tighten: nothing here can turn a tighter verdict into a looser one.
//!
//! Does not know databases, HTTP, or how anything is applied.

mod digest;
mod judge;
mod limits;
mod models;
mod reach;
mod review;
mod sensitive;

#[cfg(test)]
mod tests;

pub use digest::digest;
pub use judge::Approvers;
pub use judge::Case;
pub use judge::Judged;
pub use judge::judge;
pub use limits::limits;
pub use limits::micro;
pub use models::model;
pub use reach::Reach;
pub use reach::reach;
pub use review::Missing;
pub use review::Review;
pub use review::ReviewInput;
pub use review::review;
pub use review::secret_uses;
pub use sensitive::is_sensitive;
