package io.culvert.proxy;

import java.lang.reflect.Method;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Looks into what was read from a file: {@code peers[0].publicKey.toBase64} and the like. */
final class PlanPath {
    private PlanPath() {}

    /** The text of what is there; each step is a method without arguments, on whatever is there. */
    static String text(Object root, String path) {
        Object here = root;
        for (String step : path.split("\\.", -1)) {
            int bracket = step.indexOf('[');
            here = call(here, bracket < 0 ? step : step.substring(0, bracket));
            if (bracket >= 0 && here instanceof List<?> list) {
                here = list.get(Integer.parseInt(step.substring(bracket + 1, step.length() - 1)));
            }
        }
        return String.valueOf(here);
    }

    private static @Nullable Object call(@Nullable Object on, String name) {
        if (on == null) {
            throw new AssertionError("nothing there to ask for " + name);
        }
        try {
            Method method = on.getClass().getDeclaredMethod(name);
            method.setAccessible(true);
            return method.invoke(on);
        } catch (NoSuchMethodException e) {
            return callInherited(on, name);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(on.getClass() + "." + name, e);
        }
    }

    private static @Nullable Object callInherited(Object on, String name) {
        try {
            return on.getClass().getMethod(name).invoke(on);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(on.getClass() + "." + name, e);
        }
    }
}
