"""The operations of the vendor's other APIs, which the emulator does not have.

The vendor's SDKs send all operations to one host if they are configured to. The emulator then names the operation in its error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_TOLL_FREE: Final = "/accounts/{accountId}/tollFreeVerification"
_NUMBER: Final = "/accounts/{accountId}/phoneNumbers/{phoneNumber}/tollFreeVerification"

NOT_EMULATED: Final[Mapping[str, tuple[str, str]]] = {
    "CreateEndpoint": ("POST", "/accounts/{accountId}/endpoints"),
    "ListEndpoints": ("GET", "/accounts/{accountId}/endpoints"),
    "GetEndpoint": ("GET", "/accounts/{accountId}/endpoints/{endpointId}"),
    "DeleteEndpoint": ("DELETE", "/accounts/{accountId}/endpoints/{endpointId}"),
    "UpdateEndpointBxml": ("PUT", "/accounts/{accountId}/endpoints/{endpointId}/bxml"),
    "ListMedia": ("GET", "/users/{accountId}/media"),
    "GetMedia": ("GET", "/users/{accountId}/media/{mediaId}"),
    "UploadMedia": ("PUT", "/users/{accountId}/media/{mediaId}"),
    "DeleteMedia": ("DELETE", "/users/{accountId}/media/{mediaId}"),
    "CreateMessage": ("POST", "/users/{accountId}/messages"),
    "ListMessages": ("GET", "/users/{accountId}/messages"),
    "CreateMultiChannelMessage": ("POST", "/users/{accountId}/messages/multiChannel"),
    "GenerateMessagingCode": ("POST", "/accounts/{accountId}/code/messaging"),
    "GenerateVoiceCode": ("POST", "/accounts/{accountId}/code/voice"),
    "VerifyCode": ("POST", "/accounts/{accountId}/code/verify"),
    "CreateSyncLookup": ("POST", "/accounts/{accountId}/phoneNumberLookup"),
    "CreateAsyncBulkLookup": ("POST", "/accounts/{accountId}/phoneNumberLookup/bulk"),
    "GetAsyncBulkLookup": ("GET", "/accounts/{accountId}/phoneNumberLookup/bulk/{requestId}"),
    "ListTollFreeUseCases": ("GET", "/tollFreeVerification/useCases"),
    "RequestTollFreeVerification": ("POST", _TOLL_FREE),
    "GetTollFreeVerificationStatus": ("GET", _NUMBER),
    "UpdateTollFreeVerificationRequest": ("PUT", _NUMBER),
    "DeleteVerificationRequest": ("DELETE", _NUMBER),
    "ListWebhookSubscriptions": ("GET", f"{_TOLL_FREE}/webhooks/subscriptions"),
    "CreateWebhookSubscription": ("POST", f"{_TOLL_FREE}/webhooks/subscriptions"),
    "UpdateWebhookSubscription": ("PUT", f"{_TOLL_FREE}/webhooks/subscriptions/{{id}}"),
    "DeleteWebhookSubscription": ("DELETE", f"{_TOLL_FREE}/webhooks/subscriptions/{{id}}"),
}
"""For each operation that is not emulated: its HTTP method, and its path below the base URL."""
