//! One detail of a question changed: most questions are allowed before, so that a comparison that is
//! too generous shows.

use super::PORTS;
use super::digits::Digits;
use crate::world::{Bytes, Peer, PeerId, Query, Traffic};

/// Changes one detail, if the question has it.
pub(super) fn alter(query: &mut Query, mut digits: Digits) {
    let http = match &mut query.traffic {
        Traffic::Http(http) => Some(http),
        Traffic::Tcp | Traffic::Udp => None,
    };
    match (digits.below(8), http) {
        (0, _) => query.source.iter_mut().for_each(|peer| alter_peer(peer, &mut digits)),
        (1, _) => alter_peer(&mut query.destination, &mut digits),
        (2, _) => query.port = *digits.pick(&PORTS),
        (3, Some(http)) => http.method = other_case(&http.method, &mut digits),
        (4, Some(http)) => alter_bytes(&mut http.target, &mut digits),
        (5, Some(http)) => {
            http.authority.iter_mut().for_each(|authority| alter_bytes(authority, &mut digits));
        }
        (6, Some(http)) => {
            http.headers.iter_mut().for_each(|(_, value)| alter_bytes(value, &mut digits));
        }
        (7, Some(http)) => {
            let other = |(name, _): &mut (String, Bytes)| *name = other_case(name, &mut digits);
            http.headers.iter_mut().for_each(other);
        }
        _ => {}
    }
}

fn alter_peer(peer: &mut Peer, digits: &mut Digits) {
    let is_case = digits.usually(75);
    match &mut peer.id {
        PeerId::Account(namespace, name) if !is_case => std::mem::swap(namespace, name),
        PeerId::Account(namespace, name) => {
            let text = if digits.usually(50) { namespace } else { name };
            *text = other_case(text, digits);
        }
        PeerId::Spiffe(id) => *id = other_case(id, digits),
        PeerId::Linkerd(name) => *name = other_case(name, digits),
    }
}

fn alter_bytes(bytes: &mut Bytes, digits: &mut Digits) {
    let at = digits.below(bytes.0.len().max(1));
    if let Some(byte) = bytes.0.iter_mut().skip(at).find(|byte| byte.is_ascii_alphabetic()) {
        *byte ^= 0x20;
    }
}

/// The text with one letter in its other case, if it has any letter.
fn other_case(text: &str, digits: &mut Digits) -> String {
    let mut bytes = Bytes(text.as_bytes().to_vec());
    alter_bytes(&mut bytes, digits);
    // Only ASCII letters were changed, to others.
    String::from_utf8(bytes.0).unwrap_or_else(|_| text.to_owned())
}
