use crate::migration::World;
use crate::object::Object;
pub(crate) fn migrate(_world: &mut World<'_>) -> Vec<Object> { Vec::new() }
