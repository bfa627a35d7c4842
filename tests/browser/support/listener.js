/**
 * Runs in the page before its own scripts: listens to what really reaches the microphone and the
 * loudspeaker, whichever transport carries it. `window.listener` is what tests read.
 */
(() => {
  const STEP_MS = 20;
  const meters = { microphone: [], speaker: [] };
  const peers = [];
  const tracks = [];

  const watch = (side, node) => {
    const analyser = node.context.createAnalyser();
    analyser.fftSize = 2048;
    connect.call(node, analyser);
    const window = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      if (node.context.state === "closed") return clearInterval(timer);
      analyser.getFloatTimeDomainData(window);
      const power = window.reduce((sum, sample) => sum + sample * sample, 0) / window.length;
      meters[side].push({ at: performance.now(), rms: Math.sqrt(power) });
    }, STEP_MS);
  };
  // The context that only listens: its output goes nowhere.
  let ears = null;
  const hear = (side, stream) => {
    ears ??= new AudioContext();
    watch(side, ears.createMediaStreamSource(stream));
  };

  const { connect } = AudioNode.prototype;
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to instanceof AudioDestinationNode) watch("speaker", this);
    return connect.call(this, to, ...rest);
  };

  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) {
      super(...given);
      peers.push(this);
      this.addEventListener("track", ({ track }) => hear("speaker", new MediaStream([track])));
    }
  };

  const devices = navigator.mediaDevices;
  if (devices) {
    const getUserMedia = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (wishes) => {
      const stream = await getUserMedia(wishes);
      tracks.push(...stream.getTracks());
      // A clone goes on hearing what the page mutes.
      hear("microphone", stream.clone());
      return stream;
    };
  }

  window.listener = {
    meters,
    tracks,
    /** Which way the last call takes, as WebRTC itself says. */
    async pair() {
      const peer = peers.at(-1);
      const all = [...((await peer?.getStats())?.values() ?? [])];
      const transport = all.find(({ type }) => type === "transport");
      const pair = all.find(({ id }) => id === transport?.selectedCandidatePairId);
      const end = (id) => {
        const { address, port, protocol, candidateType } = all.find((each) => each.id === id) ?? {};
        return { address, port, protocol, type: candidateType };
      };
      return (
        pair && {
          state: peer.connectionState,
          local: end(pair.localCandidateId),
          remote: end(pair.remoteCandidateId),
        }
      );
    },
    /** What WebRTC itself counted of the last call. */
    async inbound() {
      const report = await peers.at(-1)?.getStats();
      const all = [...(report?.values() ?? [])];
      const inbound = all.find((entry) => entry.type === "inbound-rtp" && entry.kind === "audio");
      const pair = all.find((entry) => entry.type === "candidate-pair" && entry.nominated);
      const local = all.find((entry) => entry.id === pair?.localCandidateId);
      return inbound && { ...inbound, protocol: local?.protocol };
    },
  };
})();
