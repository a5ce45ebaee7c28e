//! What an attempt may reach, worked out when it starts: policy may have tightened since the run was dispatched, so what is in
//! force now counts as well.

use crate::catalog;
use crate::catalog::Stack;
use crate::engine::Engine;
use crate::engine::Trusted;
use crate::gateway::Network;
use crate::kit::Result;
use crate::policy;
use crate::runs::Leased;
use crate::sandbox;

/// What the gateway connects to for this attempt.
pub(super) async fn network(engine: &Engine, leased: &Leased, trusted: &Trusted, stack: &Stack) -> Result<Network> {
    let run = &leased.run.dispatch;
    let fork = match run.number {
        Some(number) => engine.reader.pull(&run.repo, number).await?.is_some_and(|pull| pull.fork),
        None => false,
    };
    let then = policy::reach(stack, &trusted.catalog.policy, &trusted.catalog.ceiling, fork);
    let mut network = Network { shut: then.shut.map(str::to_owned), allow: then.allow, ceilings: then.ceilings };
    if network.is_open()
        && let Some(now) = engine.trusted(&run.repo).await?
    {
        let now = policy::reach(stack, &now.catalog.policy, &now.catalog.ceiling, fork);
        network.shut = now.shut.map(str::to_owned);
        network.ceilings.extend(now.ceilings);
    }
    Ok(network)
}

/// Where the MCP servers of the stack may be reached: policy bounds them as it bounds the hosts of a sandbox, whether the agent
/// itself reaches any or not.
pub(super) async fn servers(engine: &Engine, leased: &Leased, trusted: &Trusted, stack: &Stack) -> Result<Network> {
    let mut asked = stack.clone();
    asked.sandbox.network = catalog::stack::Network::Allow;
    network(engine, leased, trusted, &asked).await
}

/// What programs inside are told of the way out, by the names that they know.
pub(super) fn environment(network: &Network) -> Vec<(String, String)> {
    if !network.is_open() {
        return Vec::new();
    }
    let proxy = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"];
    let direct = ["NO_PROXY", "no_proxy"];
    let told = proxy.map(|name| (name.to_owned(), sandbox::GATEWAY_URL.to_owned())).into_iter();
    told.chain(direct.map(|name| (name.to_owned(), "127.0.0.1,localhost".to_owned()))).collect()
}
