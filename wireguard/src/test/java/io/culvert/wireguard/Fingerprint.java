package io.culvert.wireguard;

import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a device knows of a peer, as one number: if it is the same before and after, no
 * timer, key, counter or address has changed. What belongs to the device as a whole is left out.
 */
final class Fingerprint {
    /** Of the device, or computed on first use from what doesn't change. */
    private static final Set<Class<?>> LEFT_OUT =
            Set.of(
                    Device.class,
                    Primitives.class,
                    IndexTable.class,
                    DeadlineQueue.class,
                    StaticSecret.class);

    private static final ClassValue<Field[]> FIELDS =
            new ClassValue<>() {
                @Override
                protected Field[] computeValue(Class<?> type) {
                    return java.util.Arrays.stream(type.getDeclaredFields())
                            .filter(field -> !Modifier.isStatic(field.getModifiers()))
                            .filter(field -> !LEFT_OUT.contains(field.getType()))
                            .peek(field -> field.setAccessible(true))
                            .toArray(Field[]::new);
                }
            };

    private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    private long value = 17;

    private Fingerprint() {}

    static long of(Peer peer) {
        Fingerprint fingerprint = new Fingerprint();
        fingerprint.add(peer);
        return fingerprint.value;
    }

    private void add(@Nullable Object object) {
        if (object == null) {
            mix(1);
        } else if (object.getClass().isArray()) {
            for (int i = 0; i < Array.getLength(object); i++) {
                add(Array.get(object, i));
            }
        } else if (object instanceof Iterable<?> items) {
            items.forEach(this::add);
        } else if (object instanceof Map<?, ?> map) {
            map.forEach((key, item) -> {
                add(key);
                add(item);
            });
        } else if (object.getClass().getName().startsWith("io.culvert.")
                && !(object instanceof Enum)) {
            addFields(object);
        } else {
            mix(
                    object instanceof Enum<?> constant
                            ? constant.name().hashCode()
                            : object.hashCode());
        }
    }

    private void addFields(Object object) {
        if (!seen.add(object)) {
            return;
        }
        for (Field field : FIELDS.get(object.getClass())) {
            try {
                add(field.get(object));
            } catch (IllegalAccessException impossible) {
                throw new AssertionError(field + " was made accessible", impossible);
            }
        }
    }

    private void mix(long part) {
        value = (value ^ part) * 0x9e3779b97f4a7c15L;
        value ^= value >>> 32;
    }
}
