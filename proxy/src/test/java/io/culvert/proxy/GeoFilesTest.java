package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GeoFilesTest {
    @TempDir Path directory;

    private final Problems problems = new Problems();

    @BeforeEach
    void writeFiles() throws IOException {
        Files.write(
                directory.resolve("geosite.dat"),
                new GeoData()
                        .list(
                                "NEWS",
                                GeoData.domain(GeoData.DOMAIN, "example.com"),
                                GeoData.domain(GeoData.FULL, "only.example.net"),
                                GeoData.domain(GeoData.KEYWORD, "tabloid"),
                                GeoData.domain(GeoData.REGEX, "^news[0-9]+\\."),
                                GeoData.domain(GeoData.DOMAIN, "banner.example.org", "ads"))
                        .list("OTHER", GeoData.domain(GeoData.DOMAIN, "other.example"))
                        .toByteArray());
        Files.write(
                directory.resolve("geoip.dat"),
                new GeoData()
                        .list(
                                "NL",
                                GeoData.prefix(16, 145, 97, 0, 0),
                                GeoData.prefix(
                                        32, 0x20, 1, 6, 0x7c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
                        .toByteArray());
        Files.writeString(directory.resolve("damaged.dat"), "\n\u0005hello, this is no protobuf");
    }

    private GeoFiles files() {
        return new GeoFiles(
                name -> "XRAY_LOCATION_ASSET".equals(name) ? directory.toString() : null);
    }

    private static List<ConfigNode> entries(String text) {
        return List.of(ConfigNode.string(new Place("c.json", 1, 1, "list[0]"), text));
    }

    private boolean domain(String entry, String name) {
        return new DomainReader(files(), problems)
                .read(entries(entry), DomainReader.Plain.KEYWORD)
                .contains(DomainSet.canonical(name));
    }

    private boolean address(String entry, String address) {
        return IpSet.read(entries(entry), files(), problems)
                .contains(InetAddress.ofLiteral(address));
    }

    @ParameterizedTest
    @CsvSource({
        "geosite:news, example.com, true",
        "geosite:news, www.Example.COM., true",
        "geosite:news, notexample.com, false",
        "geosite:NEWS, only.example.net, true",
        "geosite:news, www.only.example.net, false",
        "geosite:news, thetabloids.test, true",
        "geosite:news, news7.test, true",
        "geosite:news, newsx.test, false",
        "geosite:news, other.example, false",
        "geosite:news, banner.example.org, true",
        "geosite:news@ads, banner.example.org, true",
        "geosite:news@ads, example.com, false",
        "geosite:news@!ads, example.com, true",
        "geosite:news@!ads, banner.example.org, false",
        "ext:geosite.dat:other, a.other.example, true",
    })
    void findsDomainsOfAList(String entry, String name, boolean expected) {
        assertThat(domain(entry, name)).isEqualTo(expected);
        assertThat(problems.errors()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "geoip:nl, 145.97.3.4, true",
        "geoip:NL, 145.98.0.0, false",
        "geoip:nl, 2001:67c::1, true",
        "geoip:!nl, 145.97.3.4, false",
        "!geoip:nl, 8.8.8.8, true",
        "ext:geoip.dat:nl, 145.97.255.255, true",
        "ext:geoip.dat:!nl, 145.97.255.255, false",
        "geoip:private, 10.1.2.3, true",
    })
    void findsAddressesOfAList(String entry, String address, boolean expected) {
        assertThat(address(entry, address)).isEqualTo(expected);
        assertThat(problems.errors()).isEmpty();
    }

    @Test
    void invertsAListThatMeansAllOthers() throws IOException {
        Files.write(
                directory.resolve("inverted.dat"),
                new GeoData()
                        .bytes(
                                1,
                                new GeoData()
                                        .text(1, "notnl")
                                        .bytes(2, GeoData.prefix(16, 145, 97, 0, 0))
                                        .number(3, 1)
                                        .toByteArray())
                        .toByteArray());

        assertThat(address("ext:inverted.dat:notnl", "145.97.3.4")).isFalse();
        assertThat(address("ext:inverted.dat:notnl", "8.8.8.8")).isTrue();
        assertThat(address("ext:inverted.dat:!notnl", "145.97.3.4")).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "geosite:none | geosite.dat has no list \"none\"",
                "geosite: | names no list: give one such as geosite:google or geoip:nl",
                "geosite:news@red | geosite.dat's list \"news\" has no domain with these"
                        + " attributes",
                "ext:missing.dat:a | needs missing.dat, which is not there: put it next to this"
                        + " file, or into the directory that the environment's"
                        + " XRAY_LOCATION_ASSET names",
                "ext:../geosite.dat:a | \"../geosite.dat\" is not the name of a file without a"
                        + " directory",
                "ext:/etc/passwd:a | \"/etc/passwd\" is not the name of a file without a directory",
                "ext:geosite.dat | must be ext:FILE:LIST, not \"ext:geosite.dat\"",
                "ext:damaged.dat:a | damaged.dat is not a file of lists: wire type 4",
            })
    void saysWhyThereIsNoList(String entry, String error) {
        assertThat(domain(entry, "example.com")).isFalse();
        assertThat(problems.errors())
                .map(Object::toString)
                .containsExactly("c.json: list[0]: " + error);
    }

    @Test
    void aDamagedFileIsReportedWhateverTheDamage() throws IOException {
        byte[] whole = Files.readAllBytes(directory.resolve("geosite.dat"));
        SplittableRandom random = new SplittableRandom(11);
        for (int i = 0; i < 300; i++) {
            byte[] broken = Arrays.copyOf(whole, 1 + random.nextInt(whole.length));
            broken[random.nextInt(broken.length)] = (byte) random.nextInt();
            Files.write(directory.resolve("broken.dat"), broken);
            domain("ext:broken.dat:news", "example.com");
            address("ext:broken.dat:news", "192.0.2.1");
        }
        assertThat(problems.errors())
                .isNotEmpty()
                .allMatch(problem -> problem.toString().startsWith("c.json: list[0]: "));
    }

    @Test
    void looksNextToTheConfigurationFileToo() throws IOException {
        Place place = new Place(directory.resolve("c.json").toString(), 1, 1, "ip[0]");
        List<ConfigNode> entries = List.of(ConfigNode.string(place, "geoip:nl"));

        IpSet set = IpSet.read(entries, new GeoFiles(name -> null), problems);

        assertThat(set.contains(InetAddress.ofLiteral("145.97.0.1"))).isTrue();
    }
}
