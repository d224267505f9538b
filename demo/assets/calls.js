// Gradio takes an event's request that is lost on its way for the end of the connection: it lets no
// event through any more, and loads the page anew, without what the visitor has set. Here it is an
// event that failed, like one that something before the server answers.
(function (F) {
  "use strict";

  F.UNANSWERED = "The server did not answer: please try again.";

  const { fetch } = window;

  async function answered(address, options) {
    try {
      const response = await fetch(address, options);
      const { status, headers } = response;
      return new Response(await response.text(), { status, headers });
    } catch {
      return new Response("{}", { status: 503 });
    }
  }

  function lost({ fn_index, data }) {
    const { targets } = window.gradio_config.dependencies.find(({ id }) => id === fn_index);
    const event = targets[0][1];
    const isMove = event === "ask" || event === "hear";
    F.bench?.fail({ event, number: isMove ? JSON.parse(data[0]).number : 0 });
  }

  // A file that the server did not take is the end of what it was brought for.
  async function uploaded(address, options) {
    let response = null;
    try {
      return (response = await fetch(address, options));
    } finally {
      if (!response?.ok) F.bench?.fail({ event: "upload", number: 0 });
    }
  }

  window.fetch = async function (address, options) {
    if (String(address).includes("/gradio_api/upload")) return uploaded(address, options);
    if (!String(address).includes("/gradio_api/run/predict")) return fetch(address, options);
    const response = await answered(address, options);
    const isAnswer = response.ok && /json/.test(response.headers.get("content-type"));
    if (!isAnswer) lost(JSON.parse(options.body));
    return response;
  };
})((window.FaderNets = window.FaderNets || {}));
