// Joins the second part of the module to the first: when a placeholder asks, or ahead of that.
// Appended to the glue of wasm-bindgen, whose `wasm` is what the first part exports; LATER is the second part's file.
const laterPath = new URL('./LATER', import.meta.url);
let laterAhead, laterModule, laterIsHere = false;

function join(module) {
    if (laterIsHere) return;
    new WebAssembly.Instance(module, { f: wasm });
    laterIsHere = true;
}

// A placeholder cannot wait: what was not fetched ahead is fetched in the same breath.
function later() {
    try {
        join(laterModule ?? atOnce());
    } catch (error) {
        document.body.textContent = 'A part of Drydock could not be fetched. What you did is kept: reload the page once the network is back.';
        throw error;
    }
}

function atOnce() {
    const request = new XMLHttpRequest();
    request.open('GET', laterPath, false);
    request.overrideMimeType('text/plain; charset=x-user-defined');
    request.send();
    if (request.status !== 200) throw new Error(`status ${request.status}`);
    return new WebAssembly.Module(Uint8Array.from(request.responseText, c => c.charCodeAt(0)));
}

// Fetches the second part before it is needed.
export function ahead() {
    if (laterIsHere) return Promise.resolve();
    laterAhead ??= fetch(laterPath)
        .then(r => r.ok ? r.arrayBuffer() : Promise.reject(r.status))
        .then(b => WebAssembly.compile(b))
        .then(m => { laterModule = m; if (wasm) join(m); })
        .catch(() => { laterAhead = undefined; });
    return laterAhead;
}
