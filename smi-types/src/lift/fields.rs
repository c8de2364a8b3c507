use super::layout::Remark;
use crate::manifest::{Mapping, Node};
use crate::path::Place;
use crate::problem::{Code, Report};
use crate::suggest;

/// The fields of a mapping that are known, in the order of `known`; null is absent.
///
/// Fields that are not known are reported: with the remark that `remark` has on them, otherwise as
/// unknown.
pub(super) fn fields<'d, const N: usize>(
    mapping: Mapping<'d>,
    place: &Place<'_>,
    known: [&str; N],
    report: &mut Report,
    remark: impl Fn(&str) -> Option<Remark>,
) -> [Option<Node<'d>>; N] {
    let mut fields = [None; N];
    for (key, value) in mapping.entries() {
        let name = key.text();
        let slot = known.iter().position(|known| *known == name);
        if let Some(slot) = slot.and_then(|position| fields.get_mut(position)) {
            *slot = (!value.is_null()).then_some(value);
            continue;
        }
        let place = place.key(name);
        if let Some(remark) = remark(name) {
            remark.report(&place, key, report);
            continue;
        }
        let message = "unknown field, which API servers drop: it has no effect";
        let reported = report.warning(Code::UnknownField, &place, key, message);
        if let Some(meant) = suggest::nearest(name, known) {
            reported.help(format!("did you mean `{meant}`?"));
        }
    }
    fields
}

/// No remark on any field.
pub(super) fn no_remark(_: &str) -> Option<Remark> {
    None
}
