"""The account beside what the real plugin was recorded with: rule sets, classic parts, isolation."""

from __future__ import annotations

import httpx
from running import RunningSandbox


def test_a_rule_set_is_replaced_only_by_who_has_read_it(sandbox: RunningSandbox) -> None:
    account = "a0000000-6666-2222-3333-444444444444"
    path = f"{sandbox.url}/api/2.0/preview/accounts/{account}/access-control/rule-sets"
    name = f"accounts/{account}/servicePrincipals/x/ruleSets/default"
    with httpx.Client(headers={"Authorization": f"Bearer {sandbox.token}"}) as http:
        read = http.get(path, params={"name": name, "etag": ""}).json()
        rules = [{"principals": ["groups/ml"], "role": "roles/servicePrincipal.user"}]
        body = {"name": name, "rule_set": {"name": name, "etag": read["etag"], "grant_rules": rules}}
        assert http.put(path, json=body).json()["grant_rules"] == rules
        assert http.put(path, json=body).status_code == 409
        assert http.get(path, params={"name": name}).json()["grant_rules"] == rules


def test_each_account_has_its_own(sandbox: RunningSandbox) -> None:
    roots = [f"{sandbox.url}/api/2.0/accounts/a0000000-777{n}-2222-3333-444444444444" for n in (1, 2)]
    with httpx.Client(headers={"Authorization": f"Bearer {sandbox.token}"}) as http:
        network = {"network_name": "net", "vpc_id": "vpc-1", "subnet_ids": ["a", "b"]}
        made = http.post(f"{roots[0]}/networks", json=network).json()
        assert http.get(f"{roots[0]}/networks").json() == [made]
        assert http.get(f"{roots[1]}/networks").json() == []
        assert http.get(f"{roots[1]}/networks/{made['network_id']}").status_code == 404
        assert http.delete(f"{roots[0]}/networks/{made['network_id']}").is_success
