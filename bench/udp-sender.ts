// One UDP sender with an even pace, for bench/intake.ts: `udp-sender.ts PORT RATE SECONDS BYTES`.
// Sends a HEP3 frame with an INVITE-like payload, and prints how many the kernel took.
const [port = 0, rate = 0, seconds = 0, bytes = 738] = process.argv.slice(2).map(Number)

const GROUP = 32
const RISE_SECONDS = 1
const socket = await Bun.udpSocket({ connect: { hostname: '127.0.0.1', port } })
const frame = hepFrame(bytes)
const group: Buffer[] = new Array(GROUP).fill(frame)

const total = Math.floor((rate * seconds) / GROUP) * GROUP
const beganMs = performance.now()
let sent = 0
while (sent < total) {
  const due = Math.min(total, dueAfter((performance.now() - beganMs) / 1_000))
  // Sleeping makes bursts of a millisecond's worth; spinning would take a core from the receiver.
  if (sent + GROUP > due) Bun.sleepSync(0.5)
  else sent += socket.sendMany(group)
}
console.log(JSON.stringify({ sent, seconds: (performance.now() - beganMs) / 1_000 }))
socket.close()

// The first second rises from nothing to the whole rate, as traffic does when senders move over; its
// datagrams count like all others.
function dueAfter(tookSeconds: number): number {
  const risen = Math.min(tookSeconds, RISE_SECONDS)
  return rate * ((risen * risen) / (2 * RISE_SECONDS) + (tookSeconds - risen))
}

function hepFrame(size: number): Buffer {
  const chunk = (type: number, body: Buffer) => {
    const head = Buffer.alloc(6)
    head.writeUInt16BE(type, 2)
    head.writeUInt16BE(6 + body.length, 4)
    return Buffer.concat([head, body])
  }
  const head = Buffer.concat([
    chunk(1, Buffer.from([2])),
    chunk(2, Buffer.from([17])),
    chunk(3, Buffer.from([10, 0, 0, 1])),
    chunk(4, Buffer.from([10, 0, 0, 2])),
    chunk(7, Buffer.from([0x13, 0xc4])),
    chunk(8, Buffer.from([0x13, 0xc4])),
    chunk(9, Buffer.from([0x6b, 0, 0xfe, 0x3e])),
    chunk(10, Buffer.from([0, 6, 0xaa, 0xfa])),
    chunk(11, Buffer.from([1])),
    chunk(12, Buffer.from([0, 0, 0, 1])),
  ])
  const text = 'INVITE sip:bob@example.com SIP/2.0\r\nCall-ID: bench\r\nCSeq: 1 INVITE\r\n'
  const payload = Buffer.alloc(size - head.length - 12, text)
  const whole = Buffer.concat([Buffer.from('HEP3\0\0'), head, chunk(15, payload)])
  whole.writeUInt16BE(whole.length, 4)
  return whole
}

export {}
