use std::sync::Arc;

use hashbrown::HashTable;

use crate::headers::Headers;
use crate::http_routes::{Asking, HttpRoutes, Place};
use crate::principal::{Key, Principal};
use crate::request::Transport;
use crate::route::HttpSubject;
use crate::semantics::HttpRequires;
use crate::shards::Entry;
use crate::target::{Admission, Target, TcpAnswer};

/// Everything that targets say of one destination, arranged so that a decision touches what
/// concerns its source and nothing else.
#[derive(Debug)]
pub(crate) struct Destination {
    pub(crate) who: Principal,
    /// All targets that name it, also those that grant nothing, by namespace and name. A target is
    /// known here by its position.
    pub(crate) targets: Box<[Arc<Target>]>,
    /// Whether some target closes it for all whom no target admits.
    pub(crate) is_selected: bool,
    sources: HashTable<Source>,
    /// Positions of the targets that admit a source, where they are too many for a mask.
    lists: Box<[Box<[u32]>]>,
    http: HttpRoutes,
    /// What the targets ask for besides HTTP matches.
    kinds: Box<[Kind]>,
    /// The same for all of them.
    any: Kind,
}

/// Whom some target admits, and which targets do.
#[derive(Clone, Debug)]
struct Source {
    who: Principal,
    /// A bit for each target; or if there are more targets than bits, the number of a list.
    targets: u64,
}

/// What a target asks for, in a few bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Kind(u8);

impl Kind {
    const NO_HTTP: u8 = 1;
    const TCP_PORTS: u8 = 2;
    const UDP_PORTS: u8 = 4;

    fn of(target: &Target) -> Self {
        let bit = |is: bool, bit| if is { bit } else { 0 };
        Self(
            bit(target.http.is_none(), Self::NO_HTTP)
                | bit(target.port.is_some() || target.tcp.is_some(), Self::TCP_PORTS)
                | bit(target.port.is_some() || target.udp.is_some(), Self::UDP_PORTS),
        )
    }

    fn has_no_http(self) -> bool {
        self.0 & Self::NO_HTTP != 0
    }

    fn has_ports(self, transport: Transport) -> bool {
        let bit = match transport {
            Transport::Tcp => Self::TCP_PORTS,
            Transport::Udp => Self::UDP_PORTS,
        };
        self.0 & bit != 0
    }
}

/// The targets of a destination that admit some source, by position.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Admitting<'d> {
    Mask(u64),
    /// Ascending.
    List(&'d [u32]),
}

impl Admitting<'_> {
    #[inline]
    pub(crate) fn contains(self, target: u32) -> bool {
        match self {
            Self::Mask(mask) => target < u64::BITS && mask >> target & 1 == 1,
            Self::List(list) => list.binary_search(&target).is_ok(),
        }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = u32> {
        let (mut mask, list): (u64, &[u32]) = match self {
            Self::Mask(mask) => (mask, &[]),
            Self::List(list) => (0, list),
        };
        let bits = std::iter::from_fn(move || {
            let bit = mask.trailing_zeros();
            mask &= mask.wrapping_sub(1);
            (bit < u64::BITS).then_some(bit)
        });
        bits.chain(list.iter().copied())
    }
}

impl Destination {
    /// Arranges targets, which come by namespace and name.
    pub(crate) fn new(who: Principal, targets: Vec<Arc<Target>>, http: HttpRoutes) -> Self {
        let mut sources: HashTable<Source> = HashTable::new();
        let mut lists: Vec<Vec<u32>> = Vec::new();
        let fits = targets.len() <= u64::BITS as usize;
        for (position, target) in (0_u32..).zip(&targets) {
            if target.void.is_some() {
                continue;
            }
            for who in &target.admits {
                let hash = who.key().hash();
                let entry = sources.entry(
                    hash,
                    |source| source.who == *who,
                    |source| source.who.key().hash(),
                );
                let source = entry.or_insert_with(|| {
                    lists.extend((!fits).then(Vec::new));
                    let targets = if fits { 0 } else { lists.len() as u64 - 1 };
                    Source { who: who.clone(), targets }
                });
                let source = source.into_mut();
                if fits {
                    source.targets |= 1 << position;
                } else if let Some(list) = lists.get_mut(source.targets as usize)
                    && list.last() != Some(&position)
                {
                    list.push(position);
                }
            }
        }
        sources.shrink_to_fit(|source| source.who.key().hash());
        let kinds: Box<[Kind]> = targets.iter().map(|target| Kind::of(target)).collect();
        Self {
            who,
            is_selected: targets.iter().any(|target| target.selects),
            targets: targets.into(),
            sources,
            lists: lists.into_iter().map(Into::into).collect(),
            http,
            any: Kind(kinds.iter().fold(0, |any, kind| any | kind.0)),
            kinds,
        }
    }

    /// Which targets admit this source: a mask or the number of a list, to be read by
    /// [`admitting`](Self::admitting).
    #[inline]
    pub(crate) fn targets_of(&self, key: Key<'_>, hash: u64) -> Option<u64> {
        Some(self.sources.find(hash, |source| source.who.is(key))?.targets)
    }

    /// The targets that admit the source of which [`targets_of`](Self::targets_of) was told.
    #[inline]
    pub(crate) fn admitting(&self, targets: u64) -> Admitting<'_> {
        if self.targets.len() <= u64::BITS as usize {
            return Admitting::Mask(targets);
        }
        Admitting::List(self.lists.get(targets as usize).map_or(&[], |list| list))
    }

    /// How its HTTP matches are arranged.
    pub(crate) fn http(&self) -> &HttpRoutes {
        &self.http
    }

    pub(crate) fn target(&self, position: u32) -> Option<&Arc<Target>> {
        self.targets.get(position as usize)
    }

    /// The first target that admits a request, and what of it does.
    #[inline]
    pub(crate) fn first_http<H: Headers + ?Sized>(
        &self,
        admitting: Admitting<'_>,
        subject: &HttpSubject<'_, H>,
        port: u16,
        requires: HttpRequires,
    ) -> Option<(&Arc<Target>, Admission)> {
        let mut by_port = None;
        if self.any.has_no_http() && requires == HttpRequires::AnyRule {
            let transport = subject.request.transport;
            by_port = admitting.iter().find_map(|position| {
                self.kind(position).has_no_http().then_some(())?;
                let admission = self.target(position)?.port_admission(transport, port).ok()??;
                Some((position, admission))
            });
        }
        let limit = by_port.map_or(Place::END, |(position, _)| Place::start_of(position));
        let transport = subject.request.transport;
        let opens =
            |position| !self.any.has_ports(transport) || self.opens(position, transport, port);
        let asking = Asking { admitting, opens, targets: &self.targets };
        let by_match = self.http.first_match(subject, limit, &asking);
        match (by_match, by_port) {
            (Some(place), _) => {
                let Place { target, at, index, rule } = place;
                let http = Some((at as usize, index));
                Some((self.target(target)?, Admission { rule: rule as usize, http }))
            }
            (None, Some((position, admission))) => Some((self.target(position)?, admission)),
            (None, None) => None,
        }
    }

    /// Whether some HTTP match would hold if only the path were clean.
    pub(crate) fn fails_only_by_unclean_path<H: Headers + ?Sized>(
        &self,
        admitting: Admitting<'_>,
        subject: &HttpSubject<'_, H>,
        port: u16,
    ) -> bool {
        let transport = subject.request.transport;
        let opens = |position| self.opens(position, transport, port);
        let asking = Asking { admitting, opens, targets: &self.targets };
        subject.is_unclean() && self.http.holds_apart_from_path(subject, &asking)
    }

    /// The first target that admits an opaque TCP connection, or else the first that may let HTTP
    /// requests pass on it.
    pub(crate) fn tcp(
        &self,
        admitting: Admitting<'_>,
        port: u16,
    ) -> Option<(&Arc<Target>, Option<Admission>)> {
        let mut http_only = None;
        for target in admitting.iter().filter_map(|position| self.target(position)) {
            match target.tcp(port) {
                TcpAnswer::Allow(admission) => return Some((target, Some(admission))),
                TcpAnswer::HttpOnly => {
                    http_only.get_or_insert((target, None));
                }
                TcpAnswer::Deny => {}
            }
        }
        http_only
    }

    /// The first target that admits a UDP flow.
    pub(crate) fn udp(
        &self,
        admitting: Admitting<'_>,
        port: u16,
    ) -> Option<(&Arc<Target>, Admission)> {
        admitting.iter().find_map(|position| {
            let target = self.target(position)?;
            Some((target, target.udp(port)?))
        })
    }

    /// Whether the port conditions of a target let this port pass.
    fn opens(&self, position: u32, transport: Transport, port: u16) -> bool {
        !self.kind(position).has_ports(transport)
            || self
                .target(position)
                .is_some_and(|target| target.port_admission(transport, port).is_ok())
    }

    fn kind(&self, position: u32) -> Kind {
        self.kinds.get(position as usize).copied().unwrap_or_default()
    }
}

impl Entry for Arc<Destination> {
    fn hash(&self) -> u64 {
        self.who.key().hash()
    }
}
