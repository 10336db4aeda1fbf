import Foundation
import MagpieDomain
import MagpieFormats
import MagpieTestSupport
import Testing

@Suite struct EventReaderTests {
    let files: TemporaryFiles
    init() throws { files = try TemporaryFiles() }

    func read(_ text: String, _ name: String = "file.csv", _ change: (inout EventOptions) -> Void = { _ in }) throws
        -> [Event]
    {
        var options = EventOptions()
        change(&options)
        let url = try files.write(text, name)
        return name.hasSuffix("l")
            ? try JSONEventReader(url, options).all().rows : try CSVEventReader(url, options).all().rows
    }

    func message(_ text: String, _ name: String = "file.csv", _ change: (inout EventOptions) -> Void = { _ in })
        -> String
    {
        do {
            var options = EventOptions()
            change(&options)
            let url = try files.write(text, name)
            if name.hasSuffix("l") {
                let reader = try JSONEventReader(url, options)
                while try reader.next() != nil {}
            } else {
                let reader = try CSVEventReader(url, options)
                while try reader.next() != nil {}
            }
            return ""
        } catch { return "\(error)" }
    }

    @Test func columnsByConvention() throws {
        let events = try read("User_ID,movieId,Rating,timestamp\n1,31,2.5,1260759144\n1,,,\n") { $0.timeUnit = .s }
        #expect(
            events == [
                Event(
                    kind: "rating", userId: "1", itemId: "31", value: 2.5,
                    time: Timestamp(milliseconds: 1_260_759_144_000),
                    source: "file.csv")
            ])
    }

    @Test func everyColumn() throws {
        let text = #"""
            event_id,event,user,anonymousId,session,item,value,qty,price,currency,time,seen,requestId,position,surface,query,context.device,colour,empty
            e1,purchase,u,c,s,i,1,2,3.5,EUR,2020-01-02T03:04:05Z,2020-01-02 03:04:06.5,0190b6f0-0000-7000-8000-000000000000,3,home,"the ""matrix""",phone,red,
            """#
        let event = try #require(
            try read(text) {
                $0.receivedAt = "seen"; $0.source = "shop"
            }.first)
        var expected = Event(
            kind: "purchase", userId: "u", anonymousId: "c", itemId: "i", value: 1,
            time: Timestamp(milliseconds: 1_577_934_245_000), receivedAt: Timestamp(milliseconds: 1_577_934_246_500),
            source: "shop")
        expected.eventId = "e1"
        expected.sessionId = "s"
        expected.quantity = 2
        expected.unitPrice = 3.5
        expected.currency = "EUR"
        expected.requestId = RequestID("0190b6f0-0000-7000-8000-000000000000")
        expected.position = 3
        expected.surface = "home"
        expected.query = "the \"matrix\""
        expected.context = ["device": .keyword("phone")]
        expected.properties = ["colour": .keyword("red")]
        #expect(event == expected)
    }

    @Test func headerlessTableWithColumnsTold() throws {
        let events = try read("2\t150\t5.0\t835355395\n2\t296\t4.0\t835355396\n", "train.tsv") {
            $0.header = ["user", "item", "rating", "timestamp"]
            $0.timeUnit = .s
        }
        #expect(events.map(\.itemId) == ["150", "296"])
        #expect(events.map(\.value) == [5, 4])
    }

    @Test func timeUnits() throws {
        func time(_ text: String, _ unit: TimeUnit?) throws -> Int64? {
            try read("user,item,time\nu,i,\(text)\n") {
                $0.timeUnit = unit; $0.kind = "view"
            }.first?.time.milliseconds
        }
        #expect(try time("964982224", .s) == 964_982_224_000)
        #expect(try time("964982224.5", .s) == 964_982_224_500)
        #expect(try time("-1", .s) == -1000)
        #expect(try time("964982224000", .ms) == 964_982_224_000)
        #expect(try time("964982224000999", .us) == 964_982_224_000)
        #expect(try time("-1", .us) == -1, "rounded down, as everywhere")
        for text in [
            "2000-07-30T18:37:04Z", "2000-07-30 18:37:04", "2000-07-30T20:37:04+02:00", "2000-07-30T18:37:04.000Z",
            "2000-07-30T13:07:04-0530",
        ] {
            #expect(try time(text, nil) == 964_982_224_000, "\(text)")
        }
        #expect(try time("2000-07-30", .iso) == 964_915_200_000)
        #expect(try time("2024-02-29T00:00:00Z", nil) == 1_709_164_800_000)
        for text in ["2023-02-29T00:00:00Z", "2023-13-01T00:00:00Z", "2023-01-01T24:61:00Z", "yesterday"] {
            #expect(try time(text, nil) == nil, "\(text)")
        }
        #expect(try time("99999999999999999999", .s) == nil)
        #expect(try time("9223372036854775807", .s) == nil)
    }

    /// The quick reader of times against the library's.
    @Test func isoTimesAgreeWithTheLibrary() throws {
        var numbers = SeededNumbers(7)
        var text = "user,item,time\n"
        var expected: [Timestamp] = []
        for _ in 0..<2000 {
            let time = Timestamp(
                milliseconds: Int64.random(in: -11_000_000_000...5_000_000_000, using: &numbers) * 1000)
            expected.append(time)
            text += "u,i,\(time.iso8601)\n"
        }
        #expect(try read(text) { $0.kind = "view" }.map(\.time) == expected)
    }

    @Test func numbersAgreeWithTheLibrary() throws {
        var numbers = SeededNumbers(8)
        var text = "user,item,value,time\n"
        var expected: [Double?] = []
        for row in 0..<2000 {
            var number = Double.random(in: -1e6...1e6, using: &numbers)
            if row % 3 == 0 { number = (number * 100).rounded() / 100 }
            if row % 7 == 0 { number *= 1e-30 }
            expected.append(number)
            text += "u,i,\(number),\(row)\n"
        }
        #expect(
            try read(text) {
                $0.kind = "view"; $0.timeUnit = .s
            }.map(\.value) == expected)
        #expect(
            message("user,item,value,time\nu,i,inf,1\n") {
                $0.kind = "v"; $0.timeUnit = .s
            }.contains("is not a number"))
        #expect(
            message("user,item,value,time\nu,i,1.2.3,1\n") {
                $0.kind = "v"; $0.timeUnit = .s
            }.contains("is not a number"))
        #expect(
            message("user,item,value,time\nu,i,.,1\n") {
                $0.kind = "v"; $0.timeUnit = .s
            }.contains("is not a number"))
    }

    @Test func messagesNameThePlaceAndTheRemedy() throws {
        let kind: (inout EventOptions) -> Void = {
            $0.kind = "view"; $0.timeUnit = .s
        }
        #expect(
            message("user,item,rating,timestamp\n1,2,3,964982224\n")
                == "file.csv:2: column \"timestamp\": \"964982224\" is a number: "
                + "say what it counts with --time-unit s, ms or us")
        #expect(
            message("user,item,rating,time\n1,2,3,4\n1,2,abc,5\n", "file.csv", kind)
                == "file.csv:3: column \"rating\": \"abc\" is not a number: "
                + "correct the row, or pass --skip-bad-rows to set such rows aside")
        #expect(message("user,item,time\n,2,3\n", "file.csv", kind).contains("file.csv:2: column \"user\" is empty"))
        #expect(message("user,item,time\n1,,3\n", "file.csv", kind).contains("column \"item\" is empty"))
        #expect(message("user,item,time\n1,2,\n", "file.csv", kind).contains("column \"time\" is empty"))
        #expect(message("user,item,time\n1,2,3\n") { $0.timeUnit = .s }.contains("pass --kind"))
        #expect(message("who,what,when\n1,2,3\n", "file.csv", kind).contains("--column userId=COLUMN"))
        #expect(message("user,item\n1,2\n", "file.csv", kind).contains("--column time=COLUMN"))
        #expect(
            message("user,visitorid,item,time\n1,2,3,4\n", "file.csv", kind).contains(
                "say which with --column userId=user"))
        #expect(
            message("user,item,time\n1,2,3\n") { $0.columns = ["itemId": "sku"] }.contains("no column is named \"sku\"")
        )
        #expect(
            message("user,item,time\n1,2,3\n") { $0.columns = ["thing": "item"] }.contains(
                "the fields are eventId, kind"))
    }

    @Test func badRowsCanBeSteppedOver() throws {
        var options = EventOptions()
        options.timeUnit = .s
        let url = try files.write("user,item,rating,time\n1,2,3,4\n1,2,x,4\nbroken\n1,2,3,5\n")
        let (rows, bad) = try CSVEventReader(url, options).all()
        #expect(rows.map(\.time.milliseconds) == [4000, 5000])
        #expect(bad.map(\.line) == [3, 4])
        #expect(bad.map(\.text) == ["1,2,x,4", "broken"])
    }

    // MARK: JSON Lines

    @Test func jsonLines() throws {
        let events = try read(
            """
            {"kind": "rating", "userId": "42", "itemId": 2571, "value": 5, "time": 964982224000}

            {"kind":"identify","userId":"42","anonymousId":"c\\u00e9","time":"2000-07-30T18:37:04Z"}\r
            {"kind":"view","anonymousId":"c","itemId":"i","time":1,"receivedAt":2,"sessionId":"s","position":2,"query":"q",\
            "context":{"device":"phone","n":1.5,"ok":true,"tags":["a","b"],"v":[1,2],"at":{"latitude":1,"longitude":2}},"properties":{"x":null}}
            """, "e.jsonl")
        #expect(events.count == 3)
        #expect(events[0].itemId == "2571" && events[0].value == 5 && events[0].source == "e.jsonl")
        #expect(events[1].anonymousId == "cé" && events[1].time == events[0].time)
        #expect(events[2].receivedAt == Timestamp(milliseconds: 2) && events[2].position == 2)
        #expect(
            events[2].context == [
                "device": .keyword("phone"), "n": .number(1.5), "ok": .bool(true), "tags": .keywords(["a", "b"]),
                "v": .vector([1, 2]), "at": .geo(latitude: 1, longitude: 2),
            ])
        #expect(events[2].properties.isEmpty)
    }

    @Test(arguments: [
        (#"{"kind":"v","userId":"1","itemId":"2","time":3,"sesionId":"s"}"#, "unknown field \"sesionId\""),
        (#"{"kind":"v","userId":"1","itemId":"2"}"#, "field \"time\" is missing"),
        (#"{"kind":"v","itemId":"2","time":3}"#, "field \"userId\" is missing"),
        (#"{"kind":"v","userId":"1","time":3}"#, "field \"itemId\" is missing"),
        (#"{"userId":"1","itemId":"2","time":3}"#, "field \"kind\" is missing"),
        (#"{"kind":"v","userId":1.5,"itemId":"2","time":3}"#, "field \"userId\" is not a text"),
        (#"{"kind":"v","userId":"1","itemId":"2","time":"soon"}"#, "field \"time\" is not a time"),
        (#"{"kind":"v","userId":"1","itemId":"2","time":3,"value":"5"}"#, "field \"value\" is not a number"),
        (#"{"kind":"v","userId":"1","itemId":"2","time":3,"position":0}"#, "position"),
        (#"{"kind":"v","userId":"1","itemId":"2","time":3,"context":{"a":{"b":1}}}"#, "\"context.a\" is nested"),
        (#"{"kind":"v""#, "not valid JSON at byte 12"), ("[1]", "expected one JSON object"),
        (#"{"kind":"identify","userId":"1","time":3}"#, "needs both"),
    ])
    func jsonProblems(line: String, problem: String) throws {
        let text = message("\n" + line + "\n", "e.jsonl")
        #expect(text.contains("e.jsonl:2: ") && text.contains(problem), "\(text)")
    }

    // MARK: MovieLens

    @Test func movieLensFolder() throws {
        _ = try files.write("userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n2,31,4.0,964982224\n", "ratings.csv")
        _ = try files.write("userId,movieId,tag,timestamp\n15,31,\"sandra 'boring' bullock\",1138537770\n", "tags.csv")
        _ = try files.write("movieId,imdbId,tmdbId\n31,0112792,9909\n40,,\n", "links.csv")
        _ = try files.write(
            """
            movieId,title,genres
            31,"Matrix, The (1999)",Action|Sci-Fi
            40,No Year,(no genres listed)
            41,"Trailing (2001) ",Drama
            42,Ends in a bracket (abcd),Drama

            """, "movies.csv")
        let folder = try MovieLensFolder(files.folder)
        let all = try folder.eventFiles().flatMap { try folder.events($0).all().rows }
        #expect(all.map(\.kind) == ["rating", "rating", "tag"])
        #expect(all.map(\.time.milliseconds) == [1_260_759_144_000, 964_982_224_000, 1_138_537_770_000])
        #expect(all[2].properties == ["tag": .keyword("sandra 'boring' bullock")])
        let items = try folder.items(validFrom: all[1].time).all().rows
        #expect(items.allSatisfy { $0.validFrom == all[1].time && $0.receivedAt == all[1].time })
        #expect(
            items.map(\.change) == [
                .patch([
                    "title": .text("Matrix, The (1999)"), "year": .number(1999),
                    "genres": .keywords(["Action", "Sci-Fi"]),
                    "imdbId": .keyword("0112792"), "tmdbId": .keyword("9909"),
                ]), .patch(["title": .text("No Year")]),
                .patch(["title": .text("Trailing (2001) "), "year": .number(2001), "genres": .keywords(["Drama"])]),
                .patch(["title": .text("Ends in a bracket (abcd)"), "genres": .keywords(["Drama"])]),
            ])
        try FileManager.default.removeItem(at: files.folder.appendingPathComponent("movies.csv"))
        #expect(throws: FormatError.self) { try MovieLensFolder(files.folder) }
    }
}
