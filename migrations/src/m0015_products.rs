//! Products, the words by which they are known, and what a removal does to somebody's access to each.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// A product is found by its id, its name and its aliases, each in its normal form: no two products share one. `shown` is
/// an alias as it was typed; what is found by id and name has none.
///
/// Rules are dated and never rewritten once they hold: the one that holds is the last whose time has come. Whoever was
/// removed keeps the date of the rule that decided.
const UP: &str = "
CREATE TABLE products (
    id {key} NOT NULL PRIMARY KEY,
    display_name text NOT NULL,
    create_time bigint NOT NULL,
    update_time bigint NOT NULL
);

CREATE TABLE product_aliases (
    alias {key} NOT NULL PRIMARY KEY,
    product_id {key} NOT NULL REFERENCES products (id),
    shown text
);
CREATE INDEX product_aliases_product ON product_aliases (product_id, alias);

CREATE TABLE removal_rules (
    product_id {key} NOT NULL REFERENCES products (id),
    valid_from bigint NOT NULL,
    user_removed boolean NOT NULL,
    data_access text NOT NULL CHECK (data_access IN ('INACTIVE', 'ACTIVE')),
    contact_hint text NOT NULL,
    create_time bigint NOT NULL,
    PRIMARY KEY (product_id, valid_from)
);

INSERT INTO products (id, display_name, create_time, update_time) VALUES
    ('acc', 'Autodesk Construction Cloud', 0, 0),
    ('bim-360', 'BIM 360', 0, 0),
    ('flow-production-tracking', 'Flow Production Tracking', 0, 0),
    ('forma', 'Forma', 0, 0),
    ('fusion', 'Fusion', 0, 0),
    ('info360', 'Info360', 0, 0),
    ('tandem', 'Tandem', 0, 0),
    ('upchain', 'Upchain', 0, 0);

INSERT INTO product_aliases (alias, product_id, shown) VALUES
    ('acc', 'acc', NULL),
    ('autodesk construction cloud', 'acc', NULL),
    ('autodesk build', 'acc', 'Autodesk Build'),
    ('autodesk docs', 'acc', 'Autodesk Docs'),
    ('construction cloud', 'acc', 'Construction Cloud'),
    ('bim-360', 'bim-360', NULL),
    ('bim 360', 'bim-360', NULL),
    ('bim360', 'bim-360', 'BIM360'),
    ('autodesk bim 360', 'bim-360', 'Autodesk BIM 360'),
    ('flow-production-tracking', 'flow-production-tracking', NULL),
    ('flow production tracking', 'flow-production-tracking', NULL),
    ('shotgrid', 'flow-production-tracking', 'ShotGrid'),
    ('shotgun', 'flow-production-tracking', 'Shotgun'),
    ('forma', 'forma', NULL),
    ('autodesk forma', 'forma', 'Autodesk Forma'),
    ('spacemaker', 'forma', 'Spacemaker'),
    ('fusion', 'fusion', NULL),
    ('autodesk fusion', 'fusion', 'Autodesk Fusion'),
    ('fusion 360', 'fusion', 'Fusion 360'),
    ('info360', 'info360', NULL),
    ('info 360', 'info360', 'Info 360'),
    ('innovyze info360', 'info360', 'Innovyze Info360'),
    ('tandem', 'tandem', NULL),
    ('autodesk tandem', 'tandem', 'Autodesk Tandem'),
    ('upchain', 'upchain', NULL),
    ('autodesk upchain', 'upchain', 'Autodesk Upchain');

INSERT INTO removal_rules (product_id, valid_from, user_removed, data_access, contact_hint, create_time) VALUES
    ('acc', 0, true, 'INACTIVE', 'An account admin of the ACC account', 0),
    ('bim-360', 0, true, 'INACTIVE', 'An account admin of the BIM 360 account', 0),
    ('flow-production-tracking', 0, true, 'INACTIVE', 'A manager of the Flow Production Tracking site', 0),
    ('forma', 0, true, 'INACTIVE', 'A hub admin in Forma', 0),
    ('fusion', 0, true, 'INACTIVE', 'An administrator of the Fusion hub', 0),
    ('info360', 0, false, 'ACTIVE', 'An administrator of the Info360 organization, who disables or removes the person there', 0),
    ('tandem', 0, false, 'ACTIVE', 'The owner of the Tandem account, who disables or removes the person there', 0),
    ('upchain', 0, false, 'ACTIVE', 'An administrator of the Upchain environment, who disables or removes the person there', 0);
";

const DOWN: &str = "
DROP TABLE removal_rules;
DROP TABLE product_aliases;
DROP TABLE products;
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DOWN).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
