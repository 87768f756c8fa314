/** Whether a host name, as a URL has it, means the computer that Node-RED runs on. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i.test(hostname);
}
