//! The models that are served, by name: held from the beginning, or loaded when somebody asks for them first.
//!
//! Reading order: this file (names, which model a request means), `shelf` (what is in memory: loading once for
//! all who wait, who makes room, who rested too long).

mod shelf;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chat::{Load, Service};

use crate::Refusal;
use shelf::{Place, Shelf};

pub use shelf::{Loader, Presence};

/// Models under the names that requests call them by.
#[derive(Default)]
pub struct Models {
    /// The first answers whoever names none.
    places: Vec<Arc<Place>>,
    /// Other names of the same models.
    aliases: BTreeMap<String, String>,
    shelf: Arc<Shelf>,
}

/// What there is to say of a model without asking it.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its other names.
    pub aliases: Vec<String>,
    /// Whether it is in memory.
    pub presence: Presence,
    /// Positions that a text may have, once that is known.
    pub context: Option<usize>,
    /// How often it was loaded.
    pub loads: u64,
    /// How far it is, if it is in memory.
    pub load: Option<Load>,
}

impl Models {
    /// One model.
    pub fn one(service: Arc<dyn Service>) -> Self {
        let mut models = Self::default();
        models.add(service);
        models
    }

    /// None yet. Of those that can be loaded again at most so many are kept in memory, and those go that rested
    /// so long.
    pub fn new(most: Option<usize>, rest: Option<Duration>) -> Self {
        Self { shelf: Arc::new(Shelf::new(most, rest)), ..Self::default() }
    }

    /// One more that stays in memory, in place of another of the same name.
    pub fn add(&mut self, service: Arc<dyn Service>) {
        let name = service.card().name.clone();
        self.put(Place::new(name, None, Some(service)));
    }

    /// One more that `loader` loads when it is asked for, in place of another of the same name.
    pub fn add_loaded_on_demand(&mut self, name: &str, loader: Loader) {
        self.put(Place::new(name.to_string(), Some(loader), None));
    }

    /// One more that is in memory, and that `loader` loads again once it had to go.
    pub fn add_loaded(&mut self, service: Arc<dyn Service>, loader: Loader) {
        let name = service.card().name.clone();
        let place = self.put(Place::new(name, Some(loader), Some(service)));
        self.shelf.has(place);
    }

    fn put(&mut self, place: Place) -> Arc<Place> {
        let place = Arc::new(place);
        let put = place.clone();
        match self.places.iter_mut().find(|own| own.name() == place.name()) {
            Some(own) => *own = place,
            None => self.places.push(place),
        }
        put
    }

    /// Another name for the model `name`.
    ///
    /// # Errors
    /// What is wrong with the names.
    pub fn alias(&mut self, alias: &str, name: &str) -> Result<(), String> {
        if !self.has(name) {
            let names = self.names().join(", ");
            return Err(format!("there is no model {name:?} to call {alias:?}; there is {names}"));
        }
        if alias.is_empty() || self.has(alias) {
            return Err(format!("{alias:?} cannot be another name for {name:?}"));
        }
        self.aliases.insert(alias.to_string(), name.to_string());
        Ok(())
    }

    /// The model of a name, or the first if none is named; it is loaded if it is not in memory, which takes its time.
    ///
    /// # Errors
    /// A [`Refusal`] that lists the names there are, or says why it cannot be loaded now.
    pub async fn named(&self, name: Option<&str>) -> Result<Arc<dyn Service>, Refusal> {
        let place = match name {
            Some(name) => self.place(name),
            None => self.places.first(),
        };
        let place =
            place.ok_or_else(|| Refusal::no_such_model(name.unwrap_or_default(), &self.names()))?;
        self.shelf.take(place).await
    }

    fn place(&self, name: &str) -> Option<&Arc<Place>> {
        let name = self.aliases.get(name).map_or(name, String::as_str);
        self.places.iter().find(|place| place.name() == name)
    }

    fn has(&self, name: &str) -> bool {
        self.places.iter().any(|place| place.name() == name)
    }

    /// Loads the model of this name if need be, and keeps it from now on.
    ///
    /// # Errors
    /// As of [`Models::named`].
    pub async fn pin(&self, name: &str) -> Result<Arc<dyn Service>, Refusal> {
        let service = self.named(Some(name)).await?;
        if let Some(place) = self.place(name) {
            place.pin();
        }
        Ok(service)
    }

    /// Lets the models go that rested too long at this time.
    pub fn rest(&self, now: Instant) {
        self.shelf.rest(now);
    }

    /// All names, but for aliases.
    pub fn names(&self) -> Vec<String> {
        self.places.iter().map(|place| place.name().to_string()).collect()
    }

    /// What there is to say of the model of this name.
    pub fn listed(&self, name: &str) -> Option<Listed> {
        let place = self.place(name)?;
        let name = place.name().to_string();
        let other = self.aliases.iter().filter(|(_, of)| **of == name);
        let aliases = other.map(|(alias, _)| alias.clone()).collect();
        let load = place.service().map(|service| service.load());
        let (presence, context, loads) = (place.presence(), place.context(), place.loads());
        Some(Listed { name, aliases, presence, context, loads, load })
    }

    /// The same of all.
    pub fn list(&self) -> Vec<Listed> {
        self.places.iter().filter_map(|place| self.listed(place.name())).collect()
    }
}

impl std::fmt::Debug for Models {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
