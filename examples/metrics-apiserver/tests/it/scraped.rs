//! What Prometheus scrapes: made-up metrics of Linkerd.

use std::fmt::Write as _;

use crate::prometheus::{PLAIN, Page};

pub(crate) const PAGES: &[Page] = &[Page { path: "/metrics", media_type: PLAIN, text: exposition }];

/// What Linkerd's proxies expose after so many intervals, if `web` calls `cart`, of whose requests a
/// quarter fail, and `catalog`.
fn exposition(intervals: u64) -> String {
    let mut text = String::new();
    for (name, success, failure) in [("cart", 30, 10), ("catalog", 20, 0)] {
        let inbound = format!("direction=\"inbound\",namespace=\"shop\",deployment=\"{name}\"");
        let outbound = format!(
            "direction=\"outbound\",namespace=\"shop\",deployment=\"web\",dst_namespace=\"shop\",\
             dst_deployment=\"{name}\",dst_service=\"{name}\",\
             authority=\"apex.shop.svc.cluster.local:80\""
        );
        for labels in [inbound, outbound] {
            for (class, count) in [("success", success), ("failure", failure)] {
                let count = count * intervals;
                let series = format!("response_total{{{labels},classification=\"{class}\"}}");
                let _ = writeln!(text, "{series} {count}");
            }
            for le in ["10", "+Inf"] {
                let count = (success + failure) * intervals;
                let _ =
                    writeln!(text, "response_latency_ms_bucket{{{labels},le=\"{le}\"}} {count}");
            }
        }
    }
    text
}
