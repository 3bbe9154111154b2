package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Probe is how a path tells whether the database answers.
type Probe struct {
	Path  string `json:"path"`  // with its query, if it has one
	Well  int    `json:"well"`  // status while the database answers
	Away  int    `json:"away"`  // status while it does not
	Hangs bool   `json:"hangs"` // while it does not, there is no answer at all
}

const kept = "/kept/"

func handler(facts Facts, peers *Peers) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(answer http.ResponseWriter, request *http.Request) {
		if probe := facts.Probe; probe != nil && request.URL.RequestURI() == probe.Path {
			probe.answer(answer, request, peers)
			return
		}
		io.WriteString(answer, facts.Name+"\n")
	})
	mux.HandleFunc("/peers", func(answer http.ResponseWriter, _ *http.Request) {
		answer.Header().Set("Content-Type", "application/json")
		answer.Write(peers.document())
	})
	if peers.database != nil {
		mux.HandleFunc("GET "+kept, func(answer http.ResponseWriter, request *http.Request) {
			respond(answer)(read(request, peers.database))
		})
		mux.HandleFunc("PUT "+kept, func(answer http.ResponseWriter, request *http.Request) {
			respond(answer)(write(request, peers.database))
		})
	}
	return mux
}

func (probe *Probe) answer(answer http.ResponseWriter, request *http.Request, peers *Peers) {
	switch {
	case peers.databaseAnswers():
		answer.WriteHeader(probe.Well)
	case probe.Hangs:
		select {
		case <-request.Context().Done():
		case <-time.After(time.Minute):
		}
	default:
		answer.WriteHeader(probe.Away)
	}
}

// read and write keep a text under a name, so that somebody outside can see what survives; a write is acknowledged as the
// connection string asks for.
func read(request *http.Request, database *mongo.Database) (string, error) {
	var found struct{ Text string }
	ctx, cancel := context.WithTimeout(request.Context(), 2*timeout)
	defer cancel()
	err := database.Collection("standin").FindOne(ctx, key(request)).Decode(&found)
	return found.Text, err
}

func write(request *http.Request, database *mongo.Database) (string, error) {
	text, err := io.ReadAll(io.LimitReader(request.Body, 1<<16))
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(request.Context(), 2*timeout)
	defer cancel()
	change := bson.D{{Key: "$set", Value: bson.D{{Key: "text", Value: string(text)}}}}
	_, err = database.Collection("standin").UpdateOne(ctx, key(request), change, options.UpdateOne().SetUpsert(true))
	return string(text), err
}

func key(request *http.Request) bson.D {
	return bson.D{{Key: "_id", Value: strings.TrimPrefix(request.URL.Path, kept)}}
}

func respond(answer http.ResponseWriter) func(string, error) {
	return func(text string, err error) {
		switch {
		case errors.Is(err, mongo.ErrNoDocuments):
			http.Error(answer, "nothing is kept under this name", http.StatusNotFound)
		case err != nil:
			http.Error(answer, err.Error(), http.StatusServiceUnavailable)
		default:
			json.NewEncoder(answer).Encode(text)
		}
	}
}
