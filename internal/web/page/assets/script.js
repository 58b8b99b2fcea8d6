// What the browser adds to pages, which all work without it: a button beside what people paste, and "/" for the search.
(() => {
	"use strict";

	// select marks what an element shows, so that the keys of the browser copy it.
	const select = element => {
		const all = document.createRange(), chosen = getSelection();
		all.selectNodeContents(element);
		chosen.removeAllRanges();
		chosen.addRange(all);
	};

	// offer gives an element a button that copies its text, and says whether it has.
	const offer = (element, what, place) => {
		const button = document.createElement("button"), said = document.createElement("span");
		button.type = "button";
		button.className = "plain copied";
		button.textContent = "Copy";
		button.setAttribute("aria-label", "Copy " + what);
		said.className = "hidden";
		said.setAttribute("role", "status");
		const say = text => {
			button.textContent = said.textContent = text;
			setTimeout(() => {
				button.textContent = "Copy";
				said.textContent = "";
			}, 4000);
		};
		button.addEventListener("click", async () => {
			try {
				await navigator.clipboard.writeText(element.textContent.trim());
				say("Copied");
			} catch { // there is no clipboard without TLS, and it may be forbidden
				select(element);
				say("Press Ctrl+C or ⌘C");
			}
		});
		place(button, said);
	};

	for (const block of document.querySelectorAll("main pre")) {
		const box = document.createElement("div");
		box.className = "paste";
		block.before(box);
		offer(block, "these lines", (...made) => box.append(block, ...made));
	}
	for (const value of document.querySelectorAll("code.copy")) {
		const name = value.closest("dd")?.previousElementSibling?.textContent ?? "this";
		offer(value, name, (...made) => value.after(" ", ...made));
	}

	// "/" leads to the search, unless somebody is typing.
	const search = document.querySelector(".search input");
	addEventListener("keydown", event => {
		if (event.key == "/" && search && !event.ctrlKey && !event.altKey && !event.metaKey &&
			!event.target.closest("input, select, textarea, [contenteditable]")) {
			event.preventDefault();
			search.focus();
			search.select();
		}
	});
})();
