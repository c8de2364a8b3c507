use crate::diagnostic::{Diagnostic, ObjectKind};
use crate::identity::Resolver;
use crate::interner::Interner;
use crate::labels::Selector;
use crate::name::ObjectName;
use crate::principal::{Pods, Principal, Who};
use crate::resource::{IdentityBinding, Schemes};
use crate::semantics::{PodLabels, Semantics};
use crate::spiffe::SpiffeId;

/// An IdentityBinding, resolved.
#[derive(Debug)]
pub(crate) struct Binding {
    pub(crate) name: ObjectName,
    /// Whom it speaks for.
    pub(crate) principals: Box<[Principal]>,
    pub(crate) diagnostics: Box<[Diagnostic]>,
}

impl Binding {
    pub(crate) fn resolve(
        binding: &IdentityBinding,
        semantics: &Semantics,
        resolver: &Resolver,
        interner: &mut Interner<Who>,
    ) -> Self {
        let mut resolution = Resolution {
            name: &binding.name,
            semantics,
            resolver,
            interner,
            diagnostics: Vec::new(),
            found: Vec::new(),
        };
        if let Some(schemes) = &binding.schemes {
            resolution.schemes(schemes);
        }
        let Resolution { diagnostics, found, .. } = resolution;
        Self {
            name: binding.name.clone(),
            principals: found.into(),
            diagnostics: diagnostics.into(),
        }
    }
}

struct Resolution<'r> {
    name: &'r ObjectName,
    semantics: &'r Semantics,
    resolver: &'r Resolver,
    interner: &'r mut Interner<Who>,
    diagnostics: Vec<Diagnostic>,
    found: Vec<Principal>,
}

impl Resolution<'_> {
    fn schemes(&mut self, schemes: &Schemes) {
        let Schemes { service_account, spiffe_identities, pod_label_selector } = schemes;
        if service_account.is_some() && pod_label_selector.is_some() {
            self.error(
                "spec.schemes",
                "exclusive-schemes",
                "podLabelSelector and serviceAccount exclude each other, so the binding speaks for \
                 nobody",
            );
            return;
        }
        if service_account.is_none() && spiffe_identities.is_empty() && pod_label_selector.is_none()
        {
            self.error(
                "spec.schemes",
                "no-schemes",
                "without schemes the binding speaks for nobody",
            );
        }
        match service_account.as_deref() {
            None => {}
            Some("") => self.error(
                "spec.schemes.serviceAccount",
                "no-name",
                "an empty name names no service account",
            ),
            Some(account) => {
                let name = ObjectName::new(self.name.namespace(), account);
                self.found(Who::Account(name));
            }
        }
        for (index, text) in spiffe_identities.iter().enumerate() {
            self.spiffe_identity(&format!("spec.schemes.spiffeIdentities[{index}]"), text);
        }
        if let Some(selector) = pod_label_selector {
            let field = "spec.schemes.podLabelSelector";
            match Selector::parse(selector) {
                Err(why) => {
                    self.error(field, "invalid-selector", &format!("{why}, so it selects nobody"));
                }
                Ok(_) if self.semantics.pod_labels == PodLabels::Ignored => self.error(
                    field,
                    "pod-labels-ignored",
                    "labels are no identity, so the scheme speaks for nobody under these semantics",
                ),
                Ok(selector) => {
                    self.found(Who::Pods(Pods { binding: self.name.clone(), selector }));
                }
            }
        }
    }

    fn spiffe_identity(&mut self, field: &str, text: &str) {
        let id = match SpiffeId::parse_lenient(text) {
            Ok(id) => id,
            Err(error) => {
                self.error(
                    field,
                    "invalid-spiffe-id",
                    &format!("{error}, so it speaks for nobody"),
                );
                return;
            }
        };
        // A binding speaks for workloads of its own namespace only, in whichever form.
        match self.resolver.account_of(&id) {
            Some(account) if account.namespace != self.name.namespace() => {
                let why = format!(
                    "`{id}` is of namespace `{}`, but a binding speaks for its own namespace only",
                    account.namespace
                );
                self.error(field, "foreign-identity", &why);
            }
            _ => self.found(Who::Spiffe(id)),
        }
    }

    fn found(&mut self, who: Who) {
        self.found.push(Principal::new(self.interner, who));
    }

    fn error(&mut self, field: &str, code: &'static str, message: &str) {
        let kind = ObjectKind::IdentityBinding;
        self.diagnostics.push(Diagnostic::error(kind, self.name, field, code, message));
    }
}
