from tests.emulator.client import Client


async def test_alice_signs_in_with_a_token_that_verifies(client: Client) -> None:
    claims = await client.sign_in("alice")
    assert claims["iss"] == f"{client.peer.base_url}/a1de0000-0000-4000-8000-000000000001/v2.0"
    assert claims["oid"] == "5eed0000-0000-4000-8000-0000000000a1"
    assert claims["nonce"] == "the-nonce"
