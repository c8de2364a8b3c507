//! What holds for every object and every pair of versions.

use proptest::prelude::*;
use serde_json::{Value, json};
use smi_types::TypedObject;
use smi_types::convert::{Annotations, Companions, Converter};

use super::generate::{Care, object};
use super::{claim, convert, meaning};

/// The JSON of a typed object: equal only if texts are, `1.0` and `1` included.
fn canonical(object: &Value) -> Value {
    let typed = TypedObject::from_json(object.clone());
    serde_json::to_value(typed.unwrap_or_else(|error| panic!("{error}\n{object:#}"))).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_way_there_and_back_is_exact(object in object(Care::Right)) {
        let (kind, from) = claim(&object);
        let object = canonical(&object);
        for to in kind.versions() {
            let there = convert(&object, *to).unwrap().object;
            let back = convert(&canonical(&there), from).unwrap().object;
            prop_assert_eq!(canonical(&back), object.clone(), "by {}", there);
        }
    }

    #[test]
    fn any_way_round_is_exact(object in object(Care::Right)) {
        let (kind, from) = claim(&object);
        let object = canonical(&object);
        for first in kind.versions() {
            for second in kind.versions() {
                let one = convert(&object, *first).unwrap().object;
                let two = convert(&one, *second).unwrap().object;
                let back = convert(&two, from).unwrap().object;
                prop_assert_eq!(canonical(&back), object.clone(), "by {} and {}", one, two);
            }
        }
    }

    #[test]
    fn an_object_means_the_same_in_every_version(object in object(Care::Right)) {
        let (kind, _) = claim(&object);
        for to in kind.versions() {
            let there = convert(&object, *to).unwrap().object;
            prop_assert_eq!(meaning(&there), meaning(&object), "in {}", there);
        }
    }

    /// Whatever is wrong with it: what means nothing goes on meaning nothing.
    #[test]
    fn a_broken_object_means_the_same_in_every_version_or_is_refused(object in object(Care::Any)) {
        let (kind, from) = claim(&object);
        for to in kind.versions() {
            let Ok(there) = convert(&object, *to) else { continue };
            prop_assert_eq!(meaning(&there.object), meaning(&object), "in {}", there.object);
            let back = convert(&there.object, from);
            let back = back.unwrap_or_else(|error| panic!("{error}\n{:#}", there.object)).object;
            prop_assert_eq!(meaning(&back), meaning(&object), "back in {}", back);
        }
    }

    /// Refusal is for objects that mean nothing, or whose weights are too far apart.
    #[test]
    fn an_object_that_means_something_is_not_refused(object in object(Care::Any)) {
        let (kind, _) = claim(&object);
        let too_far = object.to_string().contains("\"1n\"") || object.to_string().contains("\"3u\"");
        prop_assume!(meaning(&object).is_some() && !too_far);
        for to in kind.versions() {
            prop_assert!(convert(&object, *to).is_ok(), "to {}: {:?}", to, convert(&object, *to));
        }
    }

    #[test]
    fn without_annotations_there_is_none_and_what_is_lost_is_said(object in object(Care::Right)) {
        let (kind, _) = claim(&object);
        for to in kind.versions() {
            let bare = Converter::new().annotations(Annotations::Omit);
            let Ok(there) = bare.convert(object.clone(), *to) else { continue };
            prop_assert!(!there.object.to_string().contains("preserved\\\""));
            let kept = convert(&object, *to).unwrap().object;
            let kept = kept.pointer("/metadata/annotations/smi-spec.io~1preserved");
            prop_assert_eq!(kept.is_some(), there.moves.iter().any(|step| step.is_loss()));
        }
    }

    #[test]
    fn no_annotation_makes_the_converter_or_the_reader_panic(
        mut object in object(Care::Any),
        text in prop_oneof![
            "\\PC{0,40}",
            r#"\{"version":[012],"fields":\[\{"path":"spec\.(matches|backends|destination\.port|sources\[[0-9]{1,20}\]|rules\[1\])","value":(80|"x"|\[\]|\{\})(,"in":"v1alpha[1-5]")?(,"of":"a")?\}\]\}"#,
        ],
    ) {
        object["metadata"]["annotations"] = json!({ "smi-spec.io/preserved": text });
        let (kind, from) = claim(&object);
        for to in kind.versions() {
            let Ok(there) = convert(&object, *to) else { continue };
            prop_assert_eq!(meaning(&there.object), meaning(&object), "in {}", there.object);
            let Ok(back) = convert(&there.object, from) else { continue };
            prop_assert_eq!(meaning(&back.object), meaning(&object), "back in {}", back.object);
        }
    }

    #[test]
    fn companions_take_the_place_of_the_port(object in object(Care::Right)) {
        let (kind, _) = claim(&object);
        for to in kind.versions() {
            let converter = Converter::new().companions(Companions::Emit);
            let there = converter.convert(object.clone(), *to).unwrap();
            if there.companions.is_empty() {
                prop_assert_eq!(there.object, convert(&object, *to).unwrap().object);
            } else {
                prop_assert!(!there.object.to_string().contains("destination.port"));
                prop_assert!(meaning(&there.companions[0]).is_some());
            }
        }
    }
}
