//! Who owns what.

use super::Catalog;
use crate::model::{Entity, EntityRef, RepoPath};

/// An owner as somebody named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    pub reference: EntityRef,
    /// Whether the catalog has it.
    pub exists: bool,
}

impl Catalog {
    /// Who owns an entity of the catalog.
    pub fn owner_of_component(&self, component: &EntityRef) -> Option<&EntityRef> {
        self.get(component)?.owner()
    }

    /// Reads an owner as `spec.owner` names it: a group, where no kind is given.
    ///
    /// # Errors
    /// Where the text is no reference.
    pub fn resolve_owner(&self, text: &str, namespace: &str) -> Result<Owner, String> {
        let reference = EntityRef::parse(text, Some("Group"), namespace)?;
        let exists = self.get(&reference).is_some();
        Ok(Owner { reference, exists })
    }

    /// The owner that the nearest `catalog-info.yaml` or `.yml` up the tree gives to a file: that of its component;
    /// where it has none with an owner, that of its first entity that has one.
    pub fn nearest_owner(&self, path: &RepoPath) -> Option<&EntityRef> {
        self.nearest(path)?.owner()
    }

    /// The entity whose owner that is.
    pub fn nearest(&self, path: &RepoPath) -> Option<&Entity> {
        let id = self.folders.nearest(path)?;
        self.nodes.entity(id).map(|entity| &**entity)
    }
}

#[cfg(test)]
mod tests {
    use super::super::worlds::{build, entity};
    use super::*;
    use crate::model::entity::Relation::OwnedBy;
    use rstest::rstest;

    fn catalog() -> Catalog {
        let owned = |kind, name, file, line, owner: &str| {
            let entity = entity(kind, name).at(file, line);
            entity.stating(OwnedBy, &format!("group:default/{owner}"))
        };
        let (catalog, _) = build([
            owned("API", "a", "teams/shop/catalog-info.yaml", 1, "api"),
            owned("Component", "z", "teams/shop/catalog-info.yaml", 20, "shop"),
            owned("Component", "y", "teams/shop/catalog-info.yaml", 30, "late"),
            owned("System", "s", "teams/catalog-info.yml", 9, "second"),
            owned("API", "t", "teams/catalog-info.yml", 2, "first"),
            owned("Component", "else", "other/catalog.yaml", 1, "else"),
            entity("Component", "free").at("teams/shop/web/catalog-info.yaml", 1),
            entity("Group", "shop").at("org.yaml", 1),
        ]);
        catalog
    }

    #[rstest]
    #[case("teams/shop/rules.yaml", Some("shop"))]
    // A catalog file without an owner is passed by.
    #[case("teams/shop/web/deep/er/rules.yaml", Some("shop"))]
    #[case("teams/shop-2/rules.yaml", Some("first"))]
    #[case("other/rules.yaml", None)]
    #[case("rules.yaml", None)]
    fn nearest(#[case] path: &str, #[case] owner: Option<&str>) {
        let catalog = catalog();
        let found = catalog.nearest_owner(&RepoPath::new(path).unwrap());
        assert_eq!(found.map(EntityRef::name), owner);
    }

    #[test]
    fn owners_are_groups_where_nothing_else_is_said() {
        let catalog = catalog();
        let owner = catalog.resolve_owner("Shop", "default").unwrap();
        assert_eq!(owner.reference.to_string(), "group:default/shop");
        assert!(owner.exists);
        assert!(
            !catalog
                .resolve_owner("user:shop", "default")
                .unwrap()
                .exists
        );
        assert!(catalog.resolve_owner("a:/b", "default").is_err());
        let component = EntityRef::new("component", "default", "z");
        let owner = catalog.owner_of_component(&component);
        assert_eq!(owner.map(EntityRef::name), Some("shop"));
    }
}
