//! Does the state that an effect was proposed for still hold?

use crate::forge::Reader;
use crate::kit::Result;
use crate::model::Effect;
use crate::model::effect::Expected;
use crate::model::effect::Payload;

/// Says what moved, in a sentence for people; none when nothing did.
pub async fn moved(reader: &dyn Reader, effect: &Effect) -> Result<Option<String>> {
    let repo = &effect.target.repo;
    let expected = &effect.expected;
    if let Some(branch) = &effect.target.branch {
        let head = reader.branch_head(repo, branch).await?;
        if expected.branch_absent && head.is_some() {
            return Ok(Some(format!("the branch `{branch}` exists by now")));
        }
        if let Some(wanted) = &expected.head
            && !expected.branch_absent
            && head.as_ref() != Some(wanted)
        {
            let now = head.map_or_else(|| "gone".to_owned(), |head| format!("at {}", head.short()));
            return Ok(Some(format!("the branch `{branch}` moved: it was at {}, it is {now}", wanted.short())));
        }
    }
    if let Payload::PullRequest { base, .. } | Payload::Memory { base, .. } = &effect.payload
        && reader.branch_head(repo, base).await?.is_none()
    {
        return Ok(Some(format!("the branch `{base}` is gone")));
    }
    let Some(number) = effect.target.number else { return Ok(None) };
    let (state, labels, head, words) = match reader.pull(repo, number).await? {
        Some(pull) => (pull.state, pull.labels, Some(pull.head.sha), Expected::words(&pull.title, &pull.body)),
        None => match reader.issue(repo, number).await? {
            Some(issue) => (issue.state, issue.labels, None, Expected::words(&issue.title, &issue.body)),
            None => return Ok(Some(format!("#{number} is gone"))),
        },
    };
    if expected.state.as_ref().is_some_and(|wanted| *wanted != state) {
        return Ok(Some(format!("#{number} is {state} by now")));
    }
    if let (Some(wanted), Some(head)) = (&expected.head, head)
        && effect.target.branch.is_none()
        && *wanted != head
    {
        return Ok(Some(format!("the head of #{number} moved: it was {}, it is {}", wanted.short(), head.short())));
    }
    if expected.text.is_some_and(|wanted| wanted != words) {
        return Ok(Some(format!("the text of #{number} was edited")));
    }
    let mut labels = labels;
    labels.sort();
    if expected.labels.as_ref().is_some_and(|wanted| *wanted != labels) {
        return Ok(Some(format!("the labels of #{number} changed")));
    }
    Ok(None)
}
