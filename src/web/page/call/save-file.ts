// Hands the browser a file made in the page.

/** Saves a blob under a name. */
export function saveFile(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has begun to read it by then; kept, it would stay in memory as long as the page.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

/** What is left of a Call-ID in a file's name is for recognising it only. */
export const fileName = (callId: string, extension: string): string =>
  `${
    callId
      .replaceAll(/[^\w.@-]+/g, '_')
      .replace(/^\.+/, '')
      .slice(0, 80) || 'call'
  }.${extension}`
