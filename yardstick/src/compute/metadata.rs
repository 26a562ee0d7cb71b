//! What the platform may tell of a client beside its request: TLS, fingerprints, bots, proxies.
//!
//! Promises: none of it is known, which the platform may say too. The SDK asks for all of it whenever the client's
//! request is sent on.

use super::{
    abi::{Arguments, Fault, Named, Status},
    downstream::must_be_clients,
    memory::Memory,
    sandbox::Sandbox,
};

const MODULE: &str = "fastly_http_downstream";

/// The calls of this module.
pub(super) const CALLS: &[Named] = &[
    (MODULE, "downstream_bot_analyzed", no),
    (MODULE, "downstream_bot_category", absent),
    (MODULE, "downstream_bot_category_kind", absent),
    (MODULE, "downstream_bot_detected", no),
    (MODULE, "downstream_bot_name", absent),
    (MODULE, "downstream_bot_verified", no),
    (MODULE, "downstream_client_ddos_detected", no),
    (MODULE, "downstream_client_h2_fingerprint", absent),
    (MODULE, "downstream_client_oh_fingerprint", absent),
    (MODULE, "downstream_compliance_region", absent),
    (MODULE, "downstream_resvpnproxy_is_anonymous", absent),
    (MODULE, "downstream_resvpnproxy_is_anonymous_vpn", absent),
    (MODULE, "downstream_resvpnproxy_is_hosting_provider", absent),
    (MODULE, "downstream_resvpnproxy_is_proxy_over_vpn", absent),
    (MODULE, "downstream_resvpnproxy_is_public_proxy", absent),
    (MODULE, "downstream_resvpnproxy_is_relay_proxy", absent),
    (MODULE, "downstream_resvpnproxy_is_residential_proxy", absent),
    (MODULE, "downstream_resvpnproxy_is_smart_dns_proxy", absent),
    (MODULE, "downstream_resvpnproxy_is_tor_exit_node", absent),
    (MODULE, "downstream_resvpnproxy_is_vpn_datacenter", absent),
    (MODULE, "downstream_resvpnproxy_vpn_service_name", absent),
    (MODULE, "downstream_tls_cipher_openssl_name", absent),
    (MODULE, "downstream_tls_client_cert_verify_result", absent),
    (MODULE, "downstream_tls_client_hello", absent),
    (MODULE, "downstream_tls_client_servername", absent),
    (MODULE, "downstream_tls_ja3_md5", absent),
    (MODULE, "downstream_tls_ja4", absent),
    (MODULE, "downstream_tls_protocol", absent),
    (MODULE, "downstream_tls_raw_client_certificate", absent),
    (MODULE, "fastly_key_is_valid", no),
];

fn no(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [request, answer_at] = arguments.words()?;
    must_be_clients(sandbox, request)?;
    memory.put_u32(answer_at, 0)
}

fn absent(sandbox: &mut Sandbox, _: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let Some(wasmtime::Val::I32(request)) = arguments.0.first() else {
        return Err(Status::INVAL.into());
    };
    must_be_clients(sandbox, request.cast_unsigned())?;
    Err(Status::NONE.into())
}
