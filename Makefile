# What people type. Each line is a command that could be typed by itself.

.PHONY: run test bench setup fmt

run: ## install what is missing, build, serve on http://127.0.0.1:8080
	scripts/setup.sh run
	scripts/web.sh
	cargo build --release --locked
	./target/release/praxiloom serve

test: ## install what is missing, check and test everything
	scripts/setup.sh test
	scripts/test.sh

bench: ## measure: latency of a turn, many sessions, cost of a frame
	scripts/setup.sh run
	cargo bench --locked --workspace

setup: ## install what is missing, for running and for testing
	scripts/setup.sh test

fmt: ## format everything
	cargo fmt --all
	cd web && npm run format
