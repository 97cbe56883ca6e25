"""Our own certificate authority, before a listener needs it.

`connect` prints where its certificate is, perhaps before the first run has made it.
"""

from mitmproxy.certs import CertStore
from mitmproxy.options import CONF_BASENAME, KEY_SIZE

from pawwork_proxy.environment.identity import Identity


def make_authority(identity: Identity) -> None:
    """Make the certificate authority of this user, unless there is one."""
    if not identity.ca_certificate.exists():
        CertStore.from_store(identity.ca_folder, CONF_BASENAME, KEY_SIZE)
