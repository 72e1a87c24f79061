//! Names that stand for several replicas: every address of the name is one.
//!
//! A name that cannot be looked up just now keeps the replicas that it had: a name server that is
//! away must not take down what it once named.

use std::sync::Arc;
use std::time::Duration;

use crate::fleet::Fleet;
use crate::router::Router;
use crate::{Address, config};

/// A name server that takes longer does not answer in this round.
const PATIENCE: Duration = Duration::from_secs(5);

/// A replica as the fleet keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// What it is called.
    pub(crate) name: String,
    /// Where it listens.
    pub(crate) address: Address,
    /// How much it can do.
    pub(crate) weight: u32,
    /// The replica of the configuration that it comes from.
    pub(crate) source: Address,
}

impl Member {
    /// A replica that is one.
    pub(crate) fn of(replica: &config::Replica) -> Self {
        let (name, address, weight) = (replica.called(), replica.url.clone(), replica.weight);
        Self { name, source: address.clone(), address, weight }
    }
}

/// Those of the configuration that need no look-up.
pub(crate) fn fixed(config: &config::Config) -> Vec<Member> {
    config.replicas.iter().filter(|replica| !replica.discover).map(Member::of).collect()
}

/// Those, and of the others who is known already.
pub(crate) fn at_hand(config: &config::Config, fleet: &Fleet) -> Vec<Member> {
    let mut members = fixed(config);
    let names = config.replicas.iter().filter(|replica| replica.discover);
    members.extend(names.flat_map(|replica| known(fleet, replica)));
    members
}

/// Looks all names up and tells the fleet who is there.
pub(crate) async fn refresh(router: &Router, config: &Arc<config::Config>) {
    let names = config.replicas.iter().filter(|replica| replica.discover);
    if names.clone().next().is_none() {
        return;
    }
    let mut members = fixed(config);
    for replica in names {
        members.extend(match look_up(&replica.url).await {
            Some(addresses) => {
                addresses.into_iter().map(|address| found(replica, address)).collect()
            }
            None => known(router.fleet(), replica),
        });
    }
    router.renew(config, members);
}

async fn look_up(address: &Address) -> Option<Vec<Address>> {
    let asked = tokio::net::lookup_host((address.host(), address.port()));
    let found = tokio::time::timeout(PATIENCE, asked).await.ok()?.ok()?;
    let mut found: Vec<_> = found.map(|at| Address::new(at.ip().to_string(), at.port())).collect();
    found.sort_unstable();
    found.dedup();
    Some(found).filter(|found| !found.is_empty())
}

fn found(replica: &config::Replica, address: Address) -> Member {
    let (weight, source) = (replica.weight, replica.url.clone());
    Member { name: address.to_string(), address, weight, source }
}

fn known(fleet: &Fleet, replica: &config::Replica) -> Vec<Member> {
    let of_name = fleet.members().into_iter().filter(|member| member.source == replica.url);
    of_name.map(|member| Member { weight: replica.weight, ..member }).collect()
}
