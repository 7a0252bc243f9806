/** Machine code while it is being written. */

export class Code {
  length = 0
  #bytes = Buffer.allocUnsafe(4096)

  /** Appends a byte. */
  byte(value: number): void {
    this.#room(1)
    this.#bytes[this.length++] = value
  }

  /** Appends 4 bytes, the lowest first. */
  int32(value: number): void {
    this.#room(4)
    this.#bytes.writeInt32LE(value | 0, this.length)
    this.length += 4
  }

  /** Appends 8 bytes, the lowest first. */
  int64(value: bigint): void {
    this.#room(8)
    this.#bytes.writeBigInt64LE(BigInt.asIntN(64, value), this.length)
    this.length += 8
  }

  /** The 4 bytes that were written at an offset. */
  wordAt(offset: number): number {
    return this.#bytes.readInt32LE(offset)
  }

  /** Writes 4 bytes anew. */
  patch(offset: number, value: number): void {
    this.#bytes.writeInt32LE(value | 0, offset)
  }

  /** All that was written. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length)
  }

  #room(needed: number): void {
    if (this.length + needed <= this.#bytes.length) return
    this.#bytes = Buffer.concat([this.#bytes, Buffer.allocUnsafe(this.#bytes.length)])
  }
}
