// Who is signed in? jwx; run with: BROKER=http://localhost:8000 AUDIENCE=localhost PORT=9000 go run .
package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"

	"github.com/lestrrat-go/httprc/v3"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jwt"
)

func main() {
	broker, ctx := os.Getenv("BROKER"), context.Background()
	cache, _ := jwk.NewCache(ctx, httprc.NewClient())
	if err := cache.Register(ctx, broker+"/.well-known/jwks.json"); err != nil {
		panic(err)
	}
	keys, _ := cache.CachedSet(broker + "/.well-known/jwks.json")
	http.HandleFunc("/who", func(w http.ResponseWriter, r *http.Request) {
		token, err := jwt.ParseRequest(r, jwt.WithHeaderKey("Authorization"), jwt.WithCookieKey("hanko"),
			jwt.WithKeySet(keys), jwt.WithIssuer(broker), jwt.WithAudience(os.Getenv("AUDIENCE")))
		if err != nil {
			http.Error(w, `{"error":"not signed in"}`, http.StatusUnauthorized)
			return
		}
		userID, _ := token.Subject()
		json.NewEncoder(w).Encode(map[string]string{"user_id": userID})
	})
	panic(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
