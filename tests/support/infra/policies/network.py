"""The network that is made for the app, and who may call an app that asks for some networks."""

from collections.abc import Mapping
from typing import Any

from tests.support.infra.made import Resource, Snapshots, resources
from tests.support.infra.policies.private_profile import OWN_NETWORK

_NETWORK = "Microsoft.Network/virtualNetworks"
_RULES = "Microsoft.Network/networkSecurityGroups"
_NAT = "Microsoft.Network/natGateways"
_ADDRESS = "Microsoft.Network/publicIPAddresses"
_SITE = "Microsoft.Web/sites"
# Of those with a network of their own: who brings a way out along.
_BROUGHT_ALONG = frozenset({"main-private-firewall"})
# Remote shells and desktops.
SHELLS = frozenset({"22", "3389"})
# Alerts, model events, and the availability test that is the second clock.
AZURE = ("ActionGroup", "AzureEventGrid", "ApplicationInsightsAvailability")
ALLOWED: Mapping[str, tuple[str, ...]] = {"main-guarded": ("203.0.113.0/24", "198.51.100.7/32")}


def own_subnets_have_no_way_out_but_ours(snapshots: Snapshots) -> list[str]:
    """Not the one that Azure gives by itself; ours has one address, which others can allow."""
    complaints: list[str] = []
    networks = {each.profile: each for each in resources(snapshots, _NETWORK)}
    complaints += [f"{each}: a network is made or not" for each in networks.keys() ^ OWN_NETWORK]
    for profile, network in networks.items():
        subnets = {each["name"]: each["properties"] for each in _subnets(network)}
        complaints += [
            f"{network}: {name} has Azure's own way out"
            for name, each in subnets.items()
            if each.get("defaultOutboundAccess") is not False
        ]
        gateways = _ids(snapshots, _NAT, profile)
        found = [subnets.get("app", {}).get("natGateway")]
        if found != ([None] if profile in _BROUGHT_ALONG else [{"id": each} for each in gateways]):
            complaints.append(f"{network}: its app goes out through {found}")
        if len(gateways) != (0 if profile in _BROUGHT_ALONG else 1):
            complaints.append(f"{network}: it has {len(gateways)} NAT gateways")
    for each in resources(snapshots, _NAT):
        addresses = [{"id": found} for found in _ids(snapshots, _ADDRESS, each.profile)]
        if len(addresses) != 1 or each.value("properties", "publicIpAddresses") != addresses:
            complaints.append(f"{each}: it has no address of ours")
    return complaints


def no_shell_goes_out_of_own_subnets(snapshots: Snapshots) -> list[str]:
    complaints: list[str] = []
    for network in resources(snapshots, _NETWORK):
        refusing = [
            {"id": each.id}
            for each in resources(snapshots, _RULES)
            if each.profile == network.profile and _refused(each) >= SHELLS
        ]
        complaints += [
            f"{network}: a shell may go out of {each['name']}"
            for each in _subnets(network)
            if each["properties"].get("networkSecurityGroup") not in refusing
        ]
    return complaints


def strangers_do_not_reach_an_app_for_some_networks(snapshots: Snapshots) -> list[str]:
    """Azure's own callers and the listed networks do; without a list everybody does."""
    complaints: list[str] = []
    for each in resources(snapshots, _SITE):
        listed = ALLOWED.get(each.profile, ())
        azure = tuple(("ServiceTag", name, "Allow") for name in AZURE) if listed else ()
        networks = tuple((None, name, "Allow") for name in listed)
        default = "Deny" if listed else "Allow"
        for key, wanted in (
            ("ipSecurityRestrictions", azure + networks),
            ("scmIpSecurityRestrictions", networks),
        ):
            config = each.value("properties", "siteConfig")
            found = tuple(
                (rule.get("tag"), rule["ipAddress"], rule["action"]) for rule in config[key]
            )
            if (found, config[f"{key}DefaultAction"]) != (wanted, default):
                complaints.append(f"{each}: {key} is {config[key]}")
    return complaints


def _subnets(network: Resource) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = network.value("properties", "subnets")
    return found


def _ids(snapshots: Snapshots, type_name: str, profile: str) -> list[str]:
    return [each.id for each in resources(snapshots, type_name) if each.profile == profile]


def _refused(rules: Resource) -> frozenset[str]:
    """Ports to which nobody may go out, whatever comes after."""
    return frozenset(
        port
        for rule in rules.value("properties", "securityRules")
        for each in [rule["properties"]]
        if (each["direction"], each["access"], each["destinationAddressPrefix"])
        == ("Outbound", "Deny", "*")
        for port in each["destinationPortRanges"]
    )
