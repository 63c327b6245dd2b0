"""Who is signed in? PyJWT and Starlette; run with: BROKER=http://localhost:8000 uvicorn app:app --port 9000"""

import os

import jwt
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

BROKER = os.environ["BROKER"]
AUDIENCE = os.environ.get("AUDIENCE", "localhost")
KEYS = jwt.PyJWKClient(f"{BROKER}/.well-known/jwks.json", lifespan=300)


def who(request):
    """The user of the session that came with the request."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token if scheme.lower() == "bearer" else request.cookies.get("hanko", "")
    try:
        key = KEYS.get_signing_key_from_jwt(token).key
        claims = jwt.decode(token, key, algorithms=["RS256"], audience=AUDIENCE, issuer=BROKER)
    except jwt.PyJWTError:
        return JSONResponse({"error": "not signed in"}, status_code=401)
    return JSONResponse({"user_id": claims["sub"], "email": claims.get("email", {}).get("address")})


app = Starlette(routes=[Route("/who", who)])
