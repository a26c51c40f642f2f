//! A transaction that its process leaves lying, and that PostgreSQL ends.

use std::time::Duration;

use muster::{
    error::{Error, Result as Answer},
    store::{Patience, Reads, Store, StoreOptions},
};
use sea_orm::{ConnectionTrait, Statement};

use crate::{
    harness::{Harness, tests},
    waiting::until,
};

tests![a_transaction_that_lay_idle_too_long_is_unavailable_and_no_bug];

async fn number(connection: &impl ConnectionTrait, of: String) -> i32 {
    let statement = Statement::from_string(connection.get_database_backend(), of);
    let row = connection.query_one_raw(statement).await.expect("a row");
    row.expect("a row").try_get("", "it").expect("a number")
}

async fn a_transaction_that_lay_idle_too_long_is_unavailable_and_no_bug(h: &Harness) {
    if !h.ctx.store.is_shared() {
        return;
    }
    let options = StoreOptions {
        url: h.database_url.clone(),
        pool_size: 1,
    };
    let patience = Patience {
        idle_transaction: Duration::from_millis(50),
        ..Patience::default()
    };
    let store = Store::connect_patiently(&options, patience)
        .await
        .expect("a store");
    let others = h.ctx.store.clone();
    let answer: Answer<()> = store
        .write(|tx| {
            let others = others.clone();
            async move {
                let own = number(tx.connection(), "SELECT pg_backend_pid() AS it".to_owned()).await;
                let alive = format!(
                    "SELECT CAST(count(*) AS integer) AS it FROM pg_stat_activity WHERE pid = {own}"
                );
                until("its session is ended", async || {
                    (number(others.connection(), alive.clone()).await == 0).then_some(())
                })
                .await;
                tx.connection().execute_unprepared("SELECT 1").await?;
                Ok(())
            }
        })
        .await;
    assert!(matches!(answer, Err(Error::Unavailable(_))), "{answer:?}");
}
