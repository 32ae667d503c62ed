// The search runs in a worker, which browsers refuse to start for a page that is opened
// from a file. For such pages this class runs the worker's script in a hidden frame.
if (location.protocol === 'file:') {
  window.Worker = window.IFrameWorker = class extends EventTarget {
    constructor(url) {
      super()
      const frame = document.createElement('iframe')
      frame.hidden = true
      this.started = new Promise((started) => {
        frame.addEventListener('load', () => {
          const inside = frame.contentWindow
          inside.postMessage = (data) => {
            this.dispatchEvent(new MessageEvent('message', { data }))
          }
          const script = inside.document.createElement('script')
          script.src = url
          script.addEventListener('load', () => started(inside))
          inside.document.body.append(script)
        }, { once: true })
      })
      document.body.append(frame)
    }

    async postMessage(data) {
      const inside = await this.started
      inside.dispatchEvent(new inside.MessageEvent('message', { data }))
    }
  }
}
