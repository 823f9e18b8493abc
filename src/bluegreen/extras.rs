//! What a rule asks and carries beside hosts and paths: as the configuration says where it says something, and as it
//! stands where it does not. A condition put there by hand may be what keeps strangers out.

use std::borrow::Cow;
use std::collections::BTreeSet;

use ipnet::IpNet;

use super::carried::{Before, Carried, Login, Transform};
use super::matches::Matches;
use super::routing::Rule;

/// Each with its own say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extras {
    /// Without hosts and paths, which are always said.
    pub conditions: Asked<Matches>,
    pub cognito: Asked<Option<Before>>,
    pub oidc: Asked<Option<Before>>,
    pub jwt: Asked<Option<Before>>,
    pub transforms: Asked<Vec<Transform>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Asked<T> {
    /// What is meant where it is asked for, and where no rule stands.
    pub value: T,
    /// Nothing was asked for, so what stands is kept.
    pub keeps: bool,
}

impl<T: Default> Default for Asked<T> {
    fn default() -> Self {
        Asked { value: T::default(), keeps: true }
    }
}

impl<T> Asked<T> {
    fn over<'a>(&'a self, standing: Option<&'a T>) -> &'a T {
        standing.filter(|_| self.keeps).unwrap_or(&self.value)
    }
}

impl Extras {
    /// What a rule that stands says.
    pub fn of(rule: &Rule) -> Extras {
        fn asked<T>(value: T) -> Asked<T> {
            Asked { value, keeps: true }
        }
        let none = BTreeSet::new();
        let login = |login| rule.carried.before.iter().find(|it| it.login() == Some(login)).cloned();
        Extras {
            conditions: asked(rule.matches.clone().at(&none, &none)),
            cognito: asked(login(Login::Cognito)),
            oidc: asked(login(Login::Oidc)),
            jwt: asked(login(Login::Jwt)),
            transforms: asked(rule.carried.transforms.clone()),
        }
    }

    /// The conditions a production rule is to have beside hosts and paths. A parked rule says nothing.
    pub fn conditions(&self, production: Option<&Rule>) -> Matches {
        let standing = production.filter(|rule| !rule.matches.parked()).map(|rule| &rule.matches);
        self.conditions.over(standing).clone()
    }

    /// The logins and rewrites of every rule, in the order in which they stand.
    pub fn carried(&self, production: Option<&Rule>) -> Carried {
        let standing = production.filter(|rule| !rule.matches.parked()).map(|rule| &rule.carried);
        let Some(standing) = standing else {
            return Carried {
                before: Login::ALL.iter().filter_map(|login| self.login(*login).value.clone()).collect(),
                transforms: self.transforms.value.clone(),
            };
        };
        let mut left: Vec<Login> = Login::ALL.into_iter().filter(|login| !self.login(*login).keeps).collect();
        let mut before = Vec::new();
        for one in &standing.before {
            match one.login().filter(|login| !self.login(*login).keeps) {
                None => before.push(one.clone()),
                Some(login) if left.contains(&login) => {
                    left.retain(|other| *other != login);
                    before.extend(self.login(login).value.clone());
                }
                Some(_) => {}
            }
        }
        before.extend(left.into_iter().filter_map(|login| self.login(login).value.clone()));
        Carried { before, transforms: self.transforms.over(Some(&standing.transforms)).clone() }
    }

    fn login(&self, login: Login) -> &Asked<Option<Before>> {
        match login {
            Login::Jwt => &self.jwt,
            Login::Cognito => &self.cognito,
            Login::Oidc => &self.oidc,
        }
    }
}

/// The addresses of `sources` that `allowed` lets in. Whoever production bars, no other way lets in.
pub fn within<'a>(sources: &'a BTreeSet<IpNet>, allowed: &BTreeSet<IpNet>) -> Cow<'a, BTreeSet<IpNet>> {
    if allowed.is_empty() {
        return Cow::Borrowed(sources);
    }
    let both = |source: &IpNet| {
        let source = *source;
        allowed.iter().filter_map(move |allowed| {
            match (allowed.contains(&source), source.contains(allowed)) {
                (true, _) => Some(source),
                (_, true) => Some(*allowed),
                _ => None,
            }
        })
    };
    Cow::Owned(super::audience::merge(&sources.iter().flat_map(both).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nets(texts: &[&str]) -> BTreeSet<IpNet> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn whom_production_bars_the_canary_does_not_let_in() {
        let wished = nets(&["10.0.0.0/8", "192.0.2.0/24"]);
        assert_eq!(*within(&wished, &nets(&[])), wished);
        assert_eq!(
            *within(&wished, &nets(&["10.1.0.0/16", "192.0.0.0/16"])),
            nets(&["10.1.0.0/16", "192.0.2.0/24"])
        );
        assert_eq!(*within(&wished, &nets(&["172.16.0.0/12"])), nets(&[]));
    }
}
