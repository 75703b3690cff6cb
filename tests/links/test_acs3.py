from datetime import UTC, datetime

from lianyi.links import acs3

# The worked example of Alibaba Cloud's "V3 request structure and signature".
QUERY = {
    "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
    "RegionId": "cn-shanghai",
}
HEADERS = acs3.headers(
    host="ecs.cn-shanghai.aliyuncs.com",
    action="RunInstances",
    version="2014-05-26",
    at=datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC),
    nonce="3156853299f313e23d1673dc12e1703d",
)


def test_the_published_example_is_signed_as_published():
    signed = acs3.authorization(
        "YourAccessKeyId", "YourAccessKeySecret", acs3.Call("POST", "/", QUERY, HEADERS)
    )
    assert signed == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,"
        "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;"
        "x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_a_query_is_encoded_as_rfc_3986_says():
    assert acs3.query_string({"b": "~*+/中 ", "a": "1"}) == "a=1&b=~%2A%2B%2F%E4%B8%AD%20"
