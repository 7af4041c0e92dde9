"""The JupyterHub of test/lab/hub.ts: what differs from run to run comes as JSON in GORGON_HUB."""

import json
import os

from jupyterhub.spawner import LocalProcessSpawner, SimpleLocalProcessSpawner

given = json.loads(os.environ["GORGON_HUB"])


class Accounts(LocalProcessSpawner):
    """JupyterHub's usual one. The accounts have no homes that they could write to, so they get some."""

    def user_env(self, env: dict) -> dict:
        home = given["homes"].format(username=self.user.name)
        return {**super().user_env(env), "HOME": home}


c = get_config()  # noqa: F821 - JupyterHub brings it

c.JupyterHub.bind_url = given["address"]
c.JupyterHub.hub_bind_url = given["hubAddress"]
c.ConfigurableHTTPProxy.api_url = given["proxyAddress"]
c.ConfigurableHTTPProxy.command = given["proxy"]

c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = given["password"]
c.Authenticator.allowed_users = set(given["users"])

# Root can start servers as their users; nobody else can.
c.JupyterHub.spawner_class = Accounts if os.getuid() == 0 else SimpleLocalProcessSpawner
c.SimpleLocalProcessSpawner.home_dir_template = given["homes"]
c.Spawner.cmd = given["server"]
c.Spawner.args = given["arguments"]
c.Spawner.notebook_dir = given["notebooks"]
c.Spawner.environment = given["env"]
c.Spawner.mem_limit = given["memory"]
c.Spawner.start_timeout = 120
c.Spawner.http_timeout = 120

# Who scrapes: one that may see every server, and one that may not.
c.JupyterHub.services = [{"name": name, "api_token": token} for name, token in given["services"].items()]
c.JupyterHub.load_roles = [{"name": "scrapes", "scopes": ["access:servers"], "services": ["prometheus"]}]
