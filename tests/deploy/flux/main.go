// Prints what Flux applies: builds every Kustomization of the samples from a repository, with Flux's own code.
//
// As source-controller does, it copies the repository without what Flux ignores; as kustomize-controller does, it writes a
// kustomization into the folder where there is none, and builds it.
//
//	flux REPOSITORY SAMPLE…
//
// Prints {"NAME OF THE KUSTOMIZATION": "YAML", …}.
package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	generator "github.com/fluxcd/pkg/kustomize"
	"github.com/fluxcd/pkg/sourceignore"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
)

func main() {
	built, err := buildAll(os.Args[1], os.Args[2:])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(built)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func buildAll(repository string, samples []string) (map[string]string, error) {
	objects, err := read(samples)
	if err != nil {
		return nil, err
	}
	repositories := map[string]unstructured.Unstructured{}
	for _, object := range objects {
		if object.GetKind() == "GitRepository" {
			repositories[object.GetName()] = object
		}
	}
	built := map[string]string{}
	for _, object := range objects {
		if object.GetKind() != "Kustomization" {
			continue
		}
		source, _, _ := unstructured.NestedString(object.Object, "spec", "sourceRef", "name")
		git, found := repositories[source]
		if !found {
			return nil, fmt.Errorf("%s: no GitRepository %q", object.GetName(), source)
		}
		if built[object.GetName()], err = build(repository, git, object); err != nil {
			return nil, fmt.Errorf("%s: %w", object.GetName(), err)
		}
	}
	return built, nil
}

func read(samples []string) ([]unstructured.Unstructured, error) {
	var objects []unstructured.Unstructured
	for _, sample := range samples {
		content, err := os.ReadFile(sample)
		if err != nil {
			return nil, err
		}
		for _, document := range strings.Split(string(content), "\n---\n") {
			object := unstructured.Unstructured{}
			if err := yaml.Unmarshal([]byte(document), &object.Object); err != nil {
				return nil, fmt.Errorf("%s: %w", sample, err)
			}
			objects = append(objects, object)
		}
	}
	return objects, nil
}

// build is kustomize-controller's way from an artifact to manifests.
func build(repository string, git, kustomization unstructured.Unstructured) (string, error) {
	work, err := os.MkdirTemp("", "flux-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	if work, err = filepath.EvalSymlinks(work); err != nil {
		return "", err
	}
	if err := fetch(repository, git, work); err != nil {
		return "", err
	}
	path, _, _ := unstructured.NestedString(kustomization.Object, "spec", "path")
	folder := filepath.Join(work, path)
	if _, err := os.Stat(folder); err != nil {
		return "", fmt.Errorf("kustomization path not found: %s", path)
	}
	if _, err := generator.NewGenerator(work, kustomization).WriteFile(folder); err != nil {
		return "", err
	}
	resources, err := generator.SecureBuild(work, folder, false)
	if err != nil {
		return "", err
	}
	text, err := resources.AsYaml()
	return string(text), err
}

// fetch copies a repository as source-controller archives it: without what its ignore rules name.
func fetch(repository string, git unstructured.Unstructured, work string) error {
	domain := strings.Split(repository, string(filepath.Separator))
	patterns, err := sourceignore.LoadIgnorePatterns(repository, domain)
	if err != nil {
		return err
	}
	ignore, _, _ := unstructured.NestedString(git.Object, "spec", "ignore")
	patterns = append(patterns, sourceignore.ReadPatterns(strings.NewReader(ignore), domain)...)
	matcher := sourceignore.NewDefaultMatcher(patterns, domain)
	return filepath.WalkDir(repository, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if matcher.Match(strings.Split(path, string(filepath.Separator)), entry.IsDir()) {
			if entry.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		relative, err := filepath.Rel(repository, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.MkdirAll(filepath.Join(work, relative), 0o755)
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(work, relative), content, 0o644)
	})
}
