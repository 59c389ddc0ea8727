package io.culvert.tunnel;

import static io.culvert.tunnel.LinuxConstants.*;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link LinuxUdpSocket} sends: with what the kernel can do, without what it turns out to
 * refuse, and from where the peer reached us.
 *
 * <p>What is in a batch becomes as few messages as possible: a train where the kernel cuts it
 * ({@code UDP_SEGMENT}), a datagram where it doesn't. Several leave by one {@code sendmmsg}. The
 * first that it refuses goes by itself, so that what is the matter with it concerns no other.
 */
final class TrainSender {
    private static final Logger LOG = System.getLogger("io.culvert.tunnel");

    private final KernelCalls kernel;
    private final int fd;
    private final boolean ipv6;
    private final MemorySegment capture;
    private final MessageVector messages;
    private final SocketAddresses addresses;
    private final UdpCounters counters;
    private boolean gso;
    private boolean sendmmsg;

    /** The first train is too large for the device to be cut on its way out. */
    private boolean cutFirst;

    /** Whether trains leave with the class they are given. */
    private boolean classes = true;

    /** Bytes of each message that {@link #load} made. */
    private final int[] lengths = new int[UdpTransport.MAX_SEGMENTS];

    /**
     * @param arena lives as long as the socket
     */
    TrainSender(
            KernelCalls kernel,
            int fd,
            boolean ipv6,
            Arena arena,
            SocketAddresses addresses,
            UdpCounters counters) {
        this.kernel = kernel;
        this.fd = fd;
        this.ipv6 = ipv6;
        this.addresses = addresses;
        this.counters = counters;
        capture = LinuxCalls.newCapture(arena);
        messages = new MessageVector(arena, ipv6, UdpTransport.MAX_SEGMENTS, 1);
    }

    boolean gso() {
        return gso;
    }

    /** Whether the kernel may be asked to cut trains. */
    void gso(boolean on) {
        gso = on;
    }

    boolean sendmmsg() {
        return sendmmsg;
    }

    /** Whether the kernel may be given several messages at once. */
    void sendmmsg(boolean on) {
        sendmmsg = on;
    }

    /**
     * Sends the trains of a batch up to the first of another family.
     *
     * @return false when the socket is full
     */
    boolean send(TrainBatch batch) {
        while (!batch.isEmpty() && SocketAddresses.isIpv6(batch.destination(0)) == ipv6) {
            int count = load(batch, sendmmsg ? messages.capacity() : 1);
            int sent = count > 1 ? kernel.sendmmsg(capture, fd, messages, count) : 0;
            for (int i = 0; i < sent; i++) {
                left(batch, lengths[i]);
            }
            boolean full = sent < 0 && LinuxCalls.errno(capture) == EAGAIN;
            if (full || (sent <= 0 && !sendFirst(batch))) {
                counters.socketFull++;
                return false;
            }
        }
        return true;
    }

    /** Makes messages of the batch's beginning, at most so many; returns how many. */
    private int load(TrainBatch batch, int most) {
        int count = 0;
        for (int train = 0; train < batch.size() && count < most; train++) {
            InetSocketAddress to = batch.destination(train);
            if (SocketAddresses.isIpv6(to) != ipv6) {
                break;
            }
            PathAddress from = to instanceof PathAddress path && path.hasLocal() ? path : null;
            int wanted = classes ? batch.trafficClass(train) : 0;
            int segment = batch.segmentSize(train);
            int length = batch.length(train);
            int piece = gso && !(train == 0 && cutFirst) ? length : Math.min(segment, length);
            long address = batch.memory().address() + batch.offset(train);
            for (int done = 0; done < length && count < most; done += piece) {
                int bytes = Math.min(piece, length - done);
                MessageHeader message = messages.get(count);
                message.name(addresses.encode(to), SocketAddresses.lengthOf(to));
                message.prepareSend(
                        address + done, bytes, segment < bytes ? segment : 0, from, wanted);
                lengths[count++] = bytes;
            }
        }
        return count;
    }

    private void left(TrainBatch batch, int bytes) {
        counters.sentBytes += bytes;
        taken(batch, bytes);
    }

    private void taken(TrainBatch batch, int bytes) {
        if (batch.taken(bytes)) {
            counters.sentTrains++;
            cutFirst = false;
        }
    }

    /**
     * Sends the first of the messages made by {@link #load}.
     *
     * @return false when the socket is full
     */
    private boolean sendFirst(TrainBatch batch) {
        int bytes = lengths[0];
        int errno = sendOnce(batch, bytes);
        if (errno == EAGAIN) {
            return false;
        }
        if (errno == 0) {
            left(batch, bytes);
        } else if (bytes <= batch.segmentSize(0) || !rejectedByGso(errno)) {
            counters.sendErrors++;
            taken(batch, bytes);
        }
        return true;
    }

    /**
     * EIO: the device cannot checksum what the kernel would cut. EINVAL: this kernel or route
     * cannot cut at all. EMSGSIZE: only this size is too large for the device, and needs
     * fragmenting.
     */
    private boolean rejectedByGso(int errno) {
        if (errno == EMSGSIZE) {
            cutFirst = true;
            return true;
        }
        if (errno != EIO && errno != EINVAL) {
            return false;
        }
        gso = false;
        LOG.log(
                Level.INFO,
                "UDP segmentation offload does not work here ({0}): datagrams leave {1}",
                LinuxCalls.describe(errno),
                sendmmsg ? "by sendmmsg" : "one by one");
        return true;
    }

    /** One {@code sendmsg} of the first message; 0 or the error number. */
    private int sendOnce(TrainBatch batch, int length) {
        InetSocketAddress to = batch.destination(0);
        long address = batch.memory().address() + batch.offset(0);
        int segment = batch.segmentSize(0);
        int cut = segment < length ? segment : 0;
        int trainClass = batch.trafficClass(0);
        if (to instanceof PathAddress path && path.hasLocal()) {
            int errno = sendFrom(path, address, length, cut, trainClass);
            if (!rejectsSource(errno)) {
                return errno;
            }
            path.forgetLocal(); // no longer ours, or no route from there: routing chooses
        }
        return sendFrom(null, address, length, cut, trainClass);
    }

    private int sendFrom(
            @Nullable PathAddress from, long address, int length, int cut, int trainClass) {
        MessageHeader message = messages.get(0);
        int wanted = classes ? trainClass : 0;
        message.prepareSend(address, length, cut, from, wanted);
        int errno = call(message);
        if (wanted == 0 || !rejectsClass(errno)) {
            return errno;
        }
        message.prepareSend(address, length, cut, from, 0);
        int without = call(message);
        if (without == 0) {
            classes = false;
            LOG.log(
                    Level.INFO,
                    "datagrams leave without DSCP and ECN, which do not work here: {0}",
                    LinuxCalls.describe(errno));
        }
        return without;
    }

    private static boolean rejectsClass(int errno) {
        return errno == EINVAL || errno == EPERM || errno == ENOPROTOOPT || errno == EOPNOTSUPP;
    }

    private static boolean rejectsSource(int errno) {
        return errno == EINVAL
                || errno == EADDRNOTAVAIL
                || errno == ENETUNREACH
                || errno == EHOSTUNREACH
                || errno == ENODEV;
    }

    private int call(MessageHeader message) {
        int errno = 0;
        // The first error may be one noted for an earlier datagram, which reporting clears.
        for (int attempt = 0; attempt < 2; attempt++) {
            if (kernel.sendmsg(capture, fd, message.header, 0) >= 0) {
                return 0;
            }
            errno = LinuxCalls.errno(capture);
            if (errno != ECONNREFUSED && errno != EINTR) {
                return errno;
            }
        }
        return errno;
    }
}
