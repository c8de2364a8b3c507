//! The API as a server has it: URLs in, documents out.

mod answer;
mod discovery;
mod manifests;
mod query;
mod request;
mod scope;
mod selector;
mod status;
mod table;

pub use answer::Answer;
pub use discovery::{
    ApiGroup, ApiGroupList, ApiResource, ApiResourceList, ApiVersions, GroupVersion, ServerAddress,
};
pub use manifests::{ApiService, cluster_role, edge_reader, server_role_bindings};
pub use query::{DEFAULT_WINDOW, Query};
pub use request::{Request, RequestError};
pub use scope::Scope;
pub use selector::{Operator, Requirement, Selector, SelectorError};
pub use status::{Empty, Reason, Status, StatusDetails};
pub use table::{Column, IncludeObject, Representation, Table, TableRow};
