using System.Net;
using NUnit.Framework;
using Scheduler.Database;
using Scheduler.Kinds.Http;

namespace Scheduler.Tests.Kinds;

public sealed class AddressGuardTests
{
    [TestCase("127.0.0.1")]
    [TestCase("127.8.8.8")]
    [TestCase("0.0.0.0")]
    [TestCase("10.1.2.3")]
    [TestCase("172.16.0.1")]
    [TestCase("172.31.255.255")]
    [TestCase("192.168.1.1")]
    [TestCase("169.254.169.254")]
    [TestCase("100.64.0.1")]
    [TestCase("224.0.0.1")]
    [TestCase("255.255.255.255")]
    [TestCase("::")]
    [TestCase("::1")]
    [TestCase("::ffff:127.0.0.1")]
    [TestCase("::ffff:169.254.169.254")]
    [TestCase("::127.0.0.1")]
    [TestCase("64:ff9b::7f00:1")]
    [TestCase("64:ff9b::a9fe:a9fe")]
    [TestCase("2002:7f00:1::1")]
    [TestCase("fe80::1")]
    [TestCase("fe80::1%1")]
    [TestCase("fc00::1")]
    [TestCase("fd12:3456::1")]
    [TestCase("ff02::1")]
    public void Addresses_that_are_not_public_are_refused(string address) =>
        Assert.That(new AddressGuard([]).Allows("host", IPAddress.Parse(address), 80), Is.False);

    [TestCase("1.1.1.1")]
    [TestCase("172.32.0.1")]
    [TestCase("192.169.0.1")]
    [TestCase("2606:4700:4700::1111")]
    [TestCase("::ffff:1.1.1.1")]
    [TestCase("64:ff9b::101:101")]
    public void Public_addresses_are_allowed(string address) =>
        Assert.That(new AddressGuard([]).Allows("host", IPAddress.Parse(address), 80), Is.True);

    [TestCase("10.0.0.0/8", "host", "10.1.2.3", 80, ExpectedResult = true)]
    [TestCase("10.0.0.0/8", "host", "::ffff:10.1.2.3", 80, ExpectedResult = true)]
    [TestCase("10.0.0.0/8", "host", "11.1.2.3", 80, ExpectedResult = true)]
    [TestCase("10.0.0.0/16", "host", "10.1.2.3", 80, ExpectedResult = false)]
    [TestCase("127.0.0.1:8080", "host", "127.0.0.1", 8080, ExpectedResult = true)]
    [TestCase("127.0.0.1:8080", "host", "127.0.0.1", 8081, ExpectedResult = false)]
    [TestCase("[::1]:8080", "host", "::1", 8080, ExpectedResult = true)]
    [TestCase("::1", "host", "::1", 1, ExpectedResult = true)]
    [TestCase("intranet.example", "INTRANET.example", "10.1.2.3", 80, ExpectedResult = true)]
    [TestCase("intranet.example:443", "intranet.example", "10.1.2.3", 80, ExpectedResult = false)]
    [TestCase("intranet.example", "evil.intranet.example", "10.1.2.3", 80, ExpectedResult = false)]
    public bool The_node_may_allow_more(string rule, string host, string address, int port) =>
        new AddressGuard([rule]).Allows(host, IPAddress.Parse(address), port);

    [TestCase("10.0.0.0/99")]
    [TestCase("host:port")]
    [TestCase("*.example.com")]
    [TestCase("http://x")]
    public void A_rule_that_cannot_be_read_is_refused(string rule) =>
        Assert.That(() => new AddressGuard([rule]), Throws.TypeOf<OperatorException>().With.Message.Contains(rule));
}
