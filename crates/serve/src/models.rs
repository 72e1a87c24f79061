//! The models that are served, by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use chat::{Load, Service};

use crate::Refusal;

/// Models under the names that requests call them by.
#[derive(Clone, Default)]
pub struct Models {
    by_name: BTreeMap<String, Arc<dyn Service>>,
    /// The one that answers whoever names none.
    first: Option<Arc<dyn Service>>,
}

impl Models {
    /// One model.
    pub fn one(service: Arc<dyn Service>) -> Self {
        let mut models = Self::default();
        models.add(service);
        models
    }

    /// One more, in place of another of the same name.
    pub fn add(&mut self, service: Arc<dyn Service>) {
        self.first.get_or_insert_with(|| service.clone());
        self.by_name.insert(service.card().name.clone(), service);
    }

    /// The model of a name, or the first if none is named.
    ///
    /// # Errors
    /// A [`Refusal`] that lists the names there are.
    pub fn named(&self, name: Option<&str>) -> Result<Arc<dyn Service>, Refusal> {
        let found = match name {
            Some(name) => self.by_name.get(name),
            None => self.first.as_ref(),
        };
        found
            .cloned()
            .ok_or_else(|| Refusal::no_such_model(name.unwrap_or_default(), &self.names()))
    }

    /// All names.
    pub fn names(&self) -> Vec<String> {
        self.by_name.keys().cloned().collect()
    }

    /// How far each is.
    pub fn loads(&self) -> Vec<(String, Load)> {
        self.by_name.iter().map(|(name, service)| (name.clone(), service.load())).collect()
    }
}

impl std::fmt::Debug for Models {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.by_name.keys()).finish()
    }
}
