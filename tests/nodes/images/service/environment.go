package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"sort"
	"strings"

	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"
)

// problems says what the service would not start with, or not work with: a sentence each, without any value.
func (facts Facts) problems(lookup func(string) (string, bool), environ []string) []string {
	found := []string{}
	for name, kind := range facts.Env {
		value, there := lookup(name)
		switch {
		case !there:
			found = append(found, name+" is missing")
		case value == "":
			found = append(found, name+" is empty")
		default:
			if err := parses(kind, value); err != nil {
				found = append(found, fmt.Sprintf("%s is no %s: %v", name, kind, err))
			}
		}
	}
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		if strings.Contains(value, "$(") {
			found = append(found, name+" holds $( ), which nobody has resolved")
		}
	}
	sort.Strings(found)
	return found
}

func parses(kind, value string) error {
	switch kind {
	case "MongoDB URI":
		return parsesMongo(value)
	case "JSON":
		return json.Unmarshal([]byte(value), &map[string]any{})
	case "URL":
		_, err := parseURL(value)
		return err
	}
	return nil
}

func parseURL(value string) (*url.URL, error) {
	found, err := url.Parse(value)
	if err != nil {
		return nil, fmt.Errorf("it cannot be parsed")
	}
	if found.Host == "" || !slices.Contains([]string{"http", "https", "ws", "redis"}, found.Scheme) {
		return nil, fmt.Errorf("it has no host or no known scheme")
	}
	return found, nil
}

func parsesMongo(value string) error {
	found, err := connstring.ParseAndValidate(value)
	if err != nil {
		return fmt.Errorf("the driver refuses it")
	}
	if found.ReplicaSet == "" || found.Username == "" || found.Database == "" {
		return fmt.Errorf("it lacks a replica set, a user or a database")
	}
	return nil
}
