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
 */
final class TrainSender {
    private static final Logger LOG = System.getLogger("io.culvert.tunnel");

    private final KernelCalls kernel;
    private final int fd;
    private final MemorySegment capture;
    private final MessageHeader outgoing;
    private final SocketAddresses addresses;
    private final UdpCounters counters;
    private boolean gso;

    /** Whether trains leave with the class they are given. */
    private boolean classes = true;

    private int sentOfTrain;
    private int trainClass;

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
        this.addresses = addresses;
        this.counters = counters;
        capture = LinuxCalls.newCapture(arena);
        outgoing = new MessageHeader(arena, ipv6);
    }

    boolean gso() {
        return gso;
    }

    /** Whether the kernel may be asked to cut trains. */
    void gso(boolean on) {
        gso = on;
    }

    /** Goes on with a train where the socket before it was when it was full. */
    void resumeTrainOf(TrainSender before) {
        sentOfTrain = before.sentOfTrain;
    }

    /**
     * Sends a train; see {@link UdpTransport#send}. After false the same train must come again.
     *
     * @return false when the socket is full
     */
    boolean send(
            MemorySegment slab,
            long offset,
            int length,
            int segment,
            InetSocketAddress to,
            int trafficClass) {
        trainClass = trafficClass;
        MemorySegment name = addresses.encode(to);
        outgoing.name(name, SocketAddresses.lengthOf(to));
        if (gso && segment < length && sentOfTrain == 0) {
            int errno = sendOnce(slab.address() + offset, length, segment, to);
            if (errno == 0) {
                counters.sentTrains++;
                counters.sentBytes += length;
                return true;
            }
            if (errno == EAGAIN) {
                return full();
            }
            if (!rejectedByGso(errno)) {
                counters.sendErrors++;
                return true;
            }
        }
        return sendPieces(slab.address() + offset, length, segment, to);
    }

    /**
     * EIO: the device cannot checksum what the kernel would cut. EINVAL: this kernel or route
     * cannot cut at all. EMSGSIZE: only this size is too large for the device, and needs
     * fragmenting.
     */
    private boolean rejectedByGso(int errno) {
        if (errno == EMSGSIZE) {
            return true;
        }
        if (errno != EIO && errno != EINVAL) {
            return false;
        }
        gso = false;
        LOG.log(
                Level.INFO,
                "UDP segmentation offload does not work here ({0}): sending datagrams one by one",
                LinuxCalls.describe(errno));
        return true;
    }

    private boolean sendPieces(long address, int length, int segment, InetSocketAddress to) {
        while (sentOfTrain < length) {
            int piece = Math.min(segment, length - sentOfTrain);
            int errno = sendOnce(address + sentOfTrain, piece, piece, to);
            if (errno == EAGAIN) {
                return full();
            }
            if (errno == 0) {
                counters.sentBytes += piece;
            } else {
                counters.sendErrors++;
            }
            sentOfTrain += piece;
        }
        sentOfTrain = 0;
        counters.sentTrains++;
        return true;
    }

    private boolean full() {
        counters.socketFull++;
        return false;
    }

    /** One {@code sendmsg}; 0 or the error number. */
    private int sendOnce(long address, int length, int segment, InetSocketAddress to) {
        int cut = segment < length ? segment : 0;
        if (to instanceof PathAddress path && path.hasLocal()) {
            int errno = sendFrom(path, address, length, cut);
            if (!rejectsSource(errno)) {
                return errno;
            }
            path.forgetLocal(); // no longer ours, or no route from there: routing chooses
        }
        return sendFrom(null, address, length, cut);
    }

    private int sendFrom(@Nullable PathAddress from, long address, int length, int cut) {
        int wanted = classes ? trainClass : 0;
        outgoing.prepareSend(address, length, cut, from, wanted);
        int errno = call();
        if (wanted == 0 || !rejectsClass(errno)) {
            return errno;
        }
        outgoing.prepareSend(address, length, cut, from, 0);
        int without = call();
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

    private int call() {
        int errno = 0;
        // The first error may be one noted for an earlier datagram, which reporting clears.
        for (int attempt = 0; attempt < 2; attempt++) {
            if (kernel.sendmsg(capture, fd, outgoing.header, 0) >= 0) {
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
