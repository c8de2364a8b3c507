/// The header fields of a request, whatever holds them.
///
/// Implemented for slices, arrays and vectors of pairs; a proxy implements it for its own header
/// map in three lines:
///
/// ```
/// use smi_policy::{FieldVisitor, Headers};
///
/// struct Mine(Vec<(String, Vec<u8>)>);
///
/// impl Headers for Mine {
///     fn visit(&self, name: &str, visitor: &mut FieldVisitor<'_>) {
///         for (_, value) in self.0.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)) {
///             visitor(value);
///         }
///     }
/// }
///
/// let headers = Mine(vec![("X-User".into(), b"ada".to_vec())]);
/// let mut found = 0;
/// headers.visit("x-user", &mut |value| found += usize::from(value == b"ada"));
/// assert_eq!(found, 1);
/// ```
pub trait Headers {
    /// Calls `visitor` with the value of each field of this name, in the order received.
    ///
    /// `name` is in lower case; names compare without ASCII case (RFC 9110 §5.1).
    fn visit(&self, name: &str, visitor: &mut FieldVisitor<'_>);
}

/// Takes the values of one field, one call each. See [`Headers::visit`].
pub type FieldVisitor<'v> = dyn FnMut(&[u8]) + 'v;

/// A request without header fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoHeaders;

impl Headers for NoHeaders {
    fn visit(&self, _: &str, _: &mut FieldVisitor<'_>) {}
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for [(N, V)] {
    fn visit(&self, name: &str, visitor: &mut FieldVisitor<'_>) {
        for (_, value) in self.iter().filter(|(n, _)| n.as_ref().eq_ignore_ascii_case(name)) {
            visitor(value.as_ref());
        }
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>, const LEN: usize> Headers for [(N, V); LEN] {
    fn visit(&self, name: &str, visitor: &mut FieldVisitor<'_>) {
        self.as_slice().visit(name, visitor);
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for Vec<(N, V)> {
    fn visit(&self, name: &str, visitor: &mut FieldVisitor<'_>) {
        self.as_slice().visit(name, visitor);
    }
}
